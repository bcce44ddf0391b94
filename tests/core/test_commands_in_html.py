"""Commands beside and inside HTML: what a reader sees as a quote, as code or not at all is no command."""

from __future__ import annotations

import pytest

from bot.core.commands import ParsedCommand, Verb, parse_commands

HOLD = ParsedCommand(Verb.HOLD, "hold", "now")
QUOTING = ("blockquote", "code", "kbd", "listing", "pre", "q", "samp", "tt", "xmp")

HIDDEN = {
    "the end of a quote in a comment": "<blockquote>\n\n<!-- </blockquote> -->\n\n/gate hold now\n\n</blockquote>",
    "the end of a quote in a comment beside it": "<blockquote><!-- </blockquote> -->\n\n/gate hold now",
    "the end of code in an inline comment": "<code>x <!-- </code> -->\n/gate hold now\n</code>",
    "the end of a quote in an attribute": '<blockquote>\n<a title="</blockquote>">\n\n/gate hold now',
    "the end of a quote in another's attribute": "<blockquote>\n<a b = '</blockquote>'>\n\n/gate hold now",
    "the end of a quote in a declaration": "<blockquote><!x </blockquote >\n\n/gate hold now",
    "the end of another element": "<blockquote>\n\n</code>\n\n/gate hold now",
    "the end of a longer name": "<blockquote>\n\n</blockquotes>\n\n/gate hold now",
    "ends that close nothing yet": "</q>\n\n</q>\n\n<q>\n\n/gate hold now",
    "two quotes, one ended": "<blockquote>\n<blockquote>\n</blockquote>\n\n/gate hold now",
    "a comment that goes on": "<div><!--\n\n/gate hold now\n\n--></div>",
    "a comment that goes on over more HTML": "<div><!--\n\n<p>x</p>\n\n/gate hold now",
    "capitals and attributes": '<BLOCKQUOTE class="x">\n\n/gate hold now',
    "a tag that is not closed": "<blockquote\n\n/gate hold now",
    "an attribute that is not closed": "<blockquote>\n<a title='x\n</blockquote>\n\n/gate hold now",
    "code begun in an earlier paragraph": "text <code>\n\n/gate hold now\n\n</code>",
    "a keyboard's quote around paragraphs": "<kbd>\n\ntext <kbd>x</kbd>\n\n/gate hold now",
}

SEEN = {
    "after a quote that a comment interrupts": "<blockquote><!-- x --></blockquote>\n\n/gate hold now",
    "after a quote that ends in a paragraph": "<blockquote>\n\nx</blockquote>\n\n/gate hold now",
    "after empty comments": "<div><!--><!---></div>\n\n/gate hold now",
    "after a comment's other end": "<div><!-- <q> --!></div>\n\n/gate hold now",
    "after a comment that ends later": "<div><!--\n\n<p>--></p>\n\n/gate hold now",
    "after a quote's tag in an attribute": "<p title='<q>'>\n\n</p>\n\n/gate hold now",
    "after a key that was not ended": "press <kbd>x\n\n/gate hold now",
    "after two that were ended": "<q>\n\n<q>\n\n</q>\n\n</q>\n\n/gate hold now",
    "after an element of a longer name": "<quote>\n\n</quote>\n\n/gate hold now",
    "after a tag of nothing": "<div></><? x ></div>\n\n/gate hold now",
    "between other elements": "<details>\n\n/gate hold now\n\n</details>",
}


@pytest.mark.parametrize("name", QUOTING)
def test_command_in_an_element_that_quotes(name: str) -> None:
    """Around the paragraph or within it, what these elements hold is a quote or code; after them it is not."""
    assert parse_commands(f"<{name}>\n\n/gate hold now\n\n</{name}>") == ()
    assert parse_commands(f"text <{name}>\n/gate hold now\n</{name}>") == ()
    assert parse_commands(f"text <{name}>x</{name}>\n\n/gate hold now") == (HOLD,)


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN.keys())
def test_command_that_html_quotes_or_hides(body: str) -> None:
    """Only an element's own end tag, where a browser sees one, ends it."""
    assert parse_commands(body) == ()


@pytest.mark.parametrize("body", SEEN.values(), ids=SEEN.keys())
def test_command_that_html_leaves_alone(body: str) -> None:
    """Nothing that quotes is open any more: the command is obeyed."""
    assert parse_commands(body) == (HOLD,)
