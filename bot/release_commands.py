"""The commands of the release desk: each is ruled on once, kept with what it changes, and then answered."""

from __future__ import annotations

from bot.core import release_authority as ask
from bot.core.commands import Verb
from bot.core.inert import code, inert
from bot.core.override_request import OverrideRequest, rule_on_override
from bot.core.release_model import SignOff
from bot.core.release_render import ReleaseStatus
from bot.core.release_tracks import authors_of_track
from bot.core.release_words import Refusal as NotUnderstood
from bot.core.release_words import parse_release
from bot.core.render import MARKS
from bot.core.words import State
from bot.overriding import keep_override
from bot.release_answers import HEAD_NOT_KNOWN, TAKEN_BACK, Ruling, armed_before, cannot_cancel, nothing_to_judge
from bot.release_desk import Desk, status_of
from bot.release_reading import JudgedRelease
from bot.release_replies import reply, show_seen
from bot.release_report import show_report
from bot.store import log
from bot.store.commands import (
    WaitingCommand,
    keep_ruling,
    note_answered,
    ruled_later,
    waiting_release_commands,
)
from bot.store.database import Connection
from bot.store.log import Entry, Kind
from bot.store.overrides import overrides_at
from bot.store.releases import ReleaseState, active_releases, arm, cancel, release_of, set_obstacle
from bot.store.sign_offs import give, revoke


class CommandDesk:
    """Rules on the commands that wait at one desk, and answers them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._services = desk.services
        self._repository = desk.repository

    def work(self) -> None:
        """Rule on every command that has no answer, then answer them all."""
        with self._services.database.transaction() as connection:
            commands = waiting_release_commands(connection, self._repository)
        if not commands:
            return
        show_seen(self._desk.installation, commands)
        rulings = [(command, self._rule_once(command)) for command in commands]
        retried = any(command.obeyed is not None for command in commands)
        reply(self._desk.installation, self._repository, rulings, look_first=retried)
        with self._services.database.transaction() as connection:
            note_answered(connection, [command for command, _ in rulings])

    def _rule_once(self, command: WaitingCommand) -> Ruling:
        """A command that was ruled on before a crash is only answered again."""
        if command.obeyed is not None:
            return Ruling(command.obeyed, command.answer)
        judged = self._desk.judge(*self._about(command))
        policy = self._desk.policy() if judged is None else judged.policy
        request = ask.rule_release(command.parsed, command.sender, policy)
        return self._carry_out(command, request, judged)

    def _about(self, command: WaitingCommand) -> tuple[str | None, str | None, int]:
        """The tag, the commit and the issue that a command is about: one reading serves its right and its aim.

        Whatever names no tag is judged on the reading of the first armed release, which is needed anyway.
        """
        words = parse_release(command.argument) if command.verb is Verb.RELEASE else None
        with self._services.database.transaction() as connection:
            releases = active_releases(connection, self._repository)
        if words is None or isinstance(words, NotUnderstood):
            first = releases[0] if releases else None
            return (None, None, command.number) if first is None else (first.tag, first.target, first.issue_number)
        known = next((one for one in releases if one.tag == words.tag), None)
        is_armed_alike = known is not None and words.at is None and known.target is None
        return words.tag, words.at, known.issue_number if known is not None and is_armed_alike else command.number

    def _carry_out(self, command: WaitingCommand, request: ask.Request, judged: JudgedRelease | None) -> Ruling:
        """Do what is asked for. `judged` is None where the commit or the whole branch does not exist."""
        match request:
            case ask.Refusal(answer):
                return self._keep(command, Ruling(False, answer))
            case ask.Help(answer):
                return self._keep(command, Ruling(True, answer))
            case ask.LookAgain():
                return self._keep(command, Ruling(True))
            case ask.ShowStatus():
                return self._keep(command, Ruling(True, self._status()))
            case ask.Cancel(tag):
                return self._cancel(command, tag)
            case ask.Revoke(statements):
                return self._revoke(command, statements)
        if judged is None:
            return self._keep(command, nothing_to_judge(request))
        match request:
            case ask.Report(at=at, is_dry_run=is_dry_run):
                status = ReleaseStatus(is_dry_run=is_dry_run, at=at)
                self._desk.record(judged)
                show_report(self._services, self._desk.installation, judged, status, None, command.number)
                return self._keep(command, Ruling(True))
            case ask.Arm(tag, at):
                return self._arm(command, tag, at, judged)
            case ask.Approve(statements):
                return self._approve(command, statements, judged)
            case ask.AskForOverride(track, reason):
                return self._override(command, track, reason, judged)

    def _keep(self, command: WaitingCommand, ruling: Ruling) -> Ruling:
        with self._services.database.transaction() as connection:
            if not ruling.obeyed:
                title = f"{command.sender} is refused: {command.word}"
                self._log(connection, command, Kind.COMMAND, command.word[:50], title)
            keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
        return ruling

    def _arm(self, command: WaitingCommand, tag: str, at: str | None, judged: JudgedRelease) -> Ruling:
        facts = judged.facts
        if not facts.is_on_branch:
            text = f"{code(facts.target_sha[:12])} is not a commit of {code(facts.release_branch)}."
            return self._keep(command, Ruling(False, text))
        target = facts.target_sha if at is not None else None
        if ask.Cancel(tag) in self._came_first(command, Verb.CANCEL, judged):
            return self._keep(command, TAKEN_BACK)
        with self._services.database.transaction() as connection:
            self._log(connection, command, Kind.COMMAND, tag, f"{command.sender} arms {tag}", facts.target_sha)
            release, newly = arm(
                connection,
                self._repository,
                tag,
                target=target,
                by=command.sender,
                issue_number=command.number,
                now=self._services.clock(),
            )
            ruling = Ruling(True) if newly else armed_before(release, target, facts.target_sha)
            if ruling.obeyed and release.state is ReleaseState.ARMED:
                set_obstacle(connection, release, None)
            keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
        return ruling

    def _cancel(self, command: WaitingCommand, tag: str) -> Ruling:
        with self._services.database.transaction() as connection:
            release = release_of(connection, self._repository, tag)
            is_done = release is not None and cancel(connection, release, self._services.clock())
            ruling = Ruling(True) if is_done else Ruling(False, cannot_cancel(tag, release))
            if is_done:
                self._log(connection, command, Kind.COMMAND, tag, f"{command.sender} cancels {tag}")
            keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
        if is_done and release is not None:
            self._show_cancelled(tag, release.target)
        return ruling

    def _show_cancelled(self, tag: str, target: str | None) -> None:
        with self._services.database.transaction() as connection:
            release = release_of(connection, self._repository, tag)
        if release is None:
            return
        judged = self._desk.judge(tag, target, release.issue_number)
        if judged is None:
            self._desk.show_gone(release)
            return
        status = status_of(release)
        self._desk.show(judged, release, status)

    def _approve(self, command: WaitingCommand, statements: tuple[str, ...], judged: JudgedRelease) -> Ruling:
        statements = self._without_revoked(command, statements, judged)
        if not statements:
            return self._keep(command, TAKEN_BACK)
        head = self._head_when(command, judged)
        if head is None:
            return self._keep(command, HEAD_NOT_KNOWN)
        given_at = command.commented_at or command.received_at
        with self._services.database.transaction() as connection:
            for statement in statements:
                given = SignOff(statement, command.sender, head, given_at)
                give(
                    connection,
                    self._repository,
                    given,
                    comment_id=command.comment_id,
                    comment_node_id=command.comment_node_id,
                )
                title = f"{command.sender} confirms {statement}"
                self._log(connection, command, Kind.SIGN_OFF, statement, title, head)
            is_armed = bool(active_releases(connection, self._repository))
            named = ", ".join(code(statement) for statement in statements)
            where = f"{code(head)}, the head of {code(judged.facts.release_branch)} when you wrote it"
            answer = f"Confirmed for {where}: {named}." if not is_armed or head != judged.facts.head_sha else None
            keep_ruling(connection, command, obeyed=True, answer=answer)
        return Ruling(True, answer)

    def _without_revoked(
        self, command: WaitingCommand, statements: tuple[str, ...], judged: JudgedRelease
    ) -> tuple[str, ...]:
        """Without what the same person revoked in a later comment."""
        requests = self._came_first(command, Verb.REVOKE, judged, command.sender)
        revoked = {name for one in requests if isinstance(one, ask.Revoke) for name in one.statements}
        return tuple(one for one in statements if one not in revoked)

    def _came_first(
        self, command: WaitingCommand, verb: Verb, judged: JudgedRelease, sender: str | None = None
    ) -> list[ask.Request]:
        """What later comments (of `sender`, or of anybody) asked for: deliveries come in any order."""
        with self._services.database.transaction() as connection:
            later = ruled_later(connection, command, verb)
        return [
            ask.rule_release(one.parsed, one.sender, judged.policy)
            for one in later
            if sender is None or one.sender.lower() == sender.lower()
        ]

    def _head_when(self, command: WaitingCommand, judged: JudgedRelease) -> str | None:
        """The release branch's head when the comment was written: what came later, its writer has not seen.

        GitHub tells times in whole seconds; of two heads in that second the later one counts. A branch without
        any recorded push has been where it is. None when the branch was not there yet, or its pushes since are
        more than can be read.
        """
        facts = judged.facts
        if command.commented_at is None:
            return facts.head_sha
        heads = self._desk.installation.heads_at(self._repository, facts.release_branch, command.commented_at)
        head = heads[-1] if heads else facts.head_sha
        return head if head.strip("0") else None

    def _revoke(self, command: WaitingCommand, statements: tuple[str, ...]) -> Ruling:
        with self._services.database.transaction() as connection:
            ended = revoke(connection, self._repository, command.sender, statements, self._services.clock())
            for statement in ended:
                title = f"{command.sender} revokes {statement}"
                self._log(connection, command, Kind.SIGN_OFF, statement, title)
            ruling = Ruling(True) if ended else Ruling(False, "You have confirmed nothing that could be revoked.")
            keep_ruling(connection, command, obeyed=ruling.obeyed, answer=ruling.answer)
        return ruling

    def _override(self, command: WaitingCommand, track: str, reason: str, judged: JudgedRelease) -> Ruling:
        policy, now = judged.policy, self._services.clock()
        if policy is None:
            raise AssertionError("without a valid policy nobody may override")
        head = self._head_when(command, judged)
        if head is None:
            return self._keep(command, HEAD_NOT_KNOWN)
        with self._services.database.transaction() as connection:
            known = overrides_at(connection, self._repository, [head])
            authors = authors_of_track(judged.facts, track)
            request = OverrideRequest(command.sender, track, reason, head, known, authors)
            ruled = rule_on_override(request, policy, now)
            if ruled.override is not None:
                keep_override(
                    connection, self._repository, command.number, ruled.override, now, command.delivery_guid
                )
            keep_ruling(connection, command, obeyed=ruled.override is not None, answer=ruled.answer)
        return Ruling(ruled.override is not None, ruled.answer)

    def _status(self) -> str:
        with self._services.database.transaction() as connection:
            releases = active_releases(connection, self._repository)
        lines = []
        for release in releases:
            judged = self._desk.judge(release.tag, release.target, release.issue_number)
            if judged is None:
                lines.append(f"- {MARKS[State.FAILURE]} {code(release.tag)}: its commit or branch does not exist.")
            else:
                mark, title = MARKS[judged.decision.state], inert(judged.decision.title)
                action = judged.decision.next_action
                next_step = f" Next: {inert(action.owner)}: {inert(action.action)}." if action else ""
                lines.append(
                    f"- {mark} {code(release.tag)} (armed by {inert(release.armed_by)}): {title}.{next_step}"
                )
        return "\n".join(lines) or "No release is armed. `/gate release <tag>` arms one."

    def _log(
        self,
        connection: Connection,
        command: WaitingCommand,
        kind: Kind,
        subject: str,
        title: str,
        head_sha: str = "",
    ) -> None:
        log.append(
            connection,
            Entry(
                kind,
                self._repository,
                subject,
                command.verb or "",
                title,
                self._services.clock(),
                number=command.number,
                head_sha=head_sha,
                delivery_guid=command.delivery_guid,
                content={"sender": command.sender, "argument": command.argument},
            ),
        )
