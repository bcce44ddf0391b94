"""Resolvers of commits, trees, blobs, tags and references."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..git.objects import Signature
from ..pull_facts import associated_pulls
from ..state import Account
from .connections import Connection, connection
from .issues import moment, sorted_by
from .registry import Info, need, resolver, world_of
from .sources import (
    BlobSource,
    CommitSource,
    EntrySource,
    GitObjectSource,
    RefSource,
    TagSource,
    TreeSource,
    git_object,
)

LISTED_COMMITS = 10_000


@resolver("Commit", "url")
def commit_url(source: CommitSource, info: Info) -> str:
    return f"{world_of(info).url}/{source.repository.full_name}/commit/{source.oid}"


@resolver("Commit", "message")
def message(source: CommitSource, _info: Info) -> str:
    return source.facts.message


@resolver("Commit", "messageHeadline")
def message_headline(source: CommitSource, _info: Info) -> str:
    return source.facts.message.partition("\n")[0]


@resolver("Commit", "messageBody")
def message_body(source: CommitSource, _info: Info) -> str:
    return source.facts.message.partition("\n")[2].strip("\n")


@resolver("Commit", "authoredDate")
def authored_date(source: CommitSource, _info: Info) -> datetime:
    return source.facts.author.date


@resolver("Commit", "committedDate")
def committed_date(source: CommitSource, _info: Info) -> datetime:
    return source.facts.committer.date


@resolver("Commit", "pushedDate")
def pushed_date(source: CommitSource, _info: Info) -> datetime | None:
    return source.repository.pushed_dates.get(source.oid)


def _person(info: Info, signature: Signature) -> dict[str, Any]:
    account = world_of(info).account_of_email(signature.email)
    user = account if isinstance(account, Account) and account.kind == "User" else None
    return {
        "name": signature.name,
        "email": signature.email,
        "date": signature.date,
        "user": user,
    }


@resolver("Commit", "author")
def author(source: CommitSource, info: Info) -> dict[str, Any]:
    return _person(info, source.facts.author)


@resolver("Commit", "committer")
def committer(source: CommitSource, info: Info) -> dict[str, Any]:
    return _person(info, source.facts.committer)


@resolver("Commit", "authoredByCommitter")
def authored_by_committer(source: CommitSource, _info: Info) -> bool:
    return source.facts.author.email == source.facts.committer.email


@resolver("Commit", "parents")
def parents(source: CommitSource, info: Info, **arguments: Any) -> Connection:
    found = [CommitSource(source.repository, parent) for parent in source.facts.parents]
    return connection(info, found, arguments)


@resolver("Commit", "tree")
def tree(source: CommitSource, _info: Info) -> TreeSource:
    return TreeSource(source.repository, source.facts.tree)


@resolver("Commit", "file")
def file(source: CommitSource, info: Info, path: str) -> EntrySource | None:
    need(info, source.repository, "contents=read")
    entry = source.repository.git.entry(source.facts.tree, path.strip("/"))
    return None if entry is None else EntrySource(source.repository, entry, path.strip("/"))


@resolver("Commit", "history")
def history(source: CommitSource, info: Info, **arguments: Any) -> Connection:
    need(info, source.repository, "contents=read")
    listed = source.repository.git.history(
        source.oid,
        arguments.get("path"),
        LISTED_COMMITS,
        since=moment(arguments.get("since")),
        until=moment(arguments.get("until")),
    )
    return connection(info, [CommitSource(source.repository, oid) for oid in listed], arguments)


@resolver("Commit", "associatedPullRequests")
def pulls_of_commit(source: CommitSource, info: Info, **arguments: Any) -> Connection:
    need(info, source.repository, "pull_requests=read")
    found = associated_pulls(source.repository, source.oid)
    return connection(info, sorted_by(found, arguments.get("orderBy")), arguments)


@resolver("Tree", "entries")
def entries(source: TreeSource, info: Info) -> list[EntrySource]:
    need(info, source.repository, "contents=read")
    found = source.repository.git.tree(source.oid).values()
    return [EntrySource(source.repository, entry, f"{source.path}{entry.name}") for entry in found]


@resolver("TreeEntry", "name")
def entry_name(source: EntrySource, _info: Info) -> str:
    return source.entry.name


@resolver("TreeEntry", "oid")
def entry_oid(source: EntrySource, _info: Info) -> str:
    return source.entry.oid


@resolver("TreeEntry", "mode")
def entry_mode(source: EntrySource, _info: Info) -> int:
    return int(source.entry.mode, 8)


@resolver("TreeEntry", "type")
def entry_type(source: EntrySource, _info: Info) -> str:
    return source.entry.kind


@resolver("TreeEntry", "size")
def entry_size(source: EntrySource, _info: Info) -> int:
    if source.entry.kind != "blob":
        return 0
    return len(source.repository.git.read(source.entry.oid)[1])


@resolver("TreeEntry", "object")
def entry_object(source: EntrySource, _info: Info) -> GitObjectSource | None:
    if source.entry.kind == "blob":
        return BlobSource(source.repository, source.entry.oid)
    if source.entry.kind == "tree":
        return TreeSource(source.repository, source.entry.oid, f"{source.path}/")
    return None


@resolver("Blob", "byteSize")
def byte_size(source: BlobSource, _info: Info) -> int:
    return len(source.content)


@resolver("Blob", "isBinary")
def is_binary(source: BlobSource, _info: Info) -> bool:
    return _is_binary(source.content)


def _is_binary(content: bytes) -> bool:
    """GitHub's guess, as git's: a zero byte near the start, or text that is not UTF-8."""
    if b"\0" in content[:8000]:
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


@resolver("Blob", "isTruncated")
def is_truncated(source: BlobSource, info: Info) -> bool:
    return len(source.content) > world_of(info).behaviour.graphql_blob_text_limit


@resolver("Blob", "text")
def text(source: BlobSource, info: Info) -> str | None:
    need(info, source.repository, "contents=read")
    if _is_binary(source.content):
        return None
    limit = world_of(info).behaviour.graphql_blob_text_limit
    return source.content[:limit].decode("utf-8", "ignore")


@resolver("Tag", "name")
def tag_name(source: TagSource, _info: Info) -> str:
    return source.facts.name


@resolver("Tag", "message")
def tag_message(source: TagSource, _info: Info) -> str:
    return source.facts.message


@resolver("Tag", "tagger")
def tagger(source: TagSource, info: Info) -> dict[str, Any]:
    return _person(info, source.facts.tagger)


@resolver("Tag", "target")
def tag_target(source: TagSource, _info: Info) -> GitObjectSource | None:
    return git_object(source.repository, source.facts.target)


@resolver("Ref", "prefix")
def ref_prefix(source: RefSource, _info: Info) -> str:
    return "/".join(source.full_name.split("/")[:2]) + "/"


@resolver("Ref", "name")
def ref_name(source: RefSource, _info: Info) -> str:
    return "/".join(source.full_name.split("/")[2:])


@resolver("Ref", "target")
def ref_target(source: RefSource, _info: Info) -> GitObjectSource | None:
    return git_object(source.repository, source.oid)
