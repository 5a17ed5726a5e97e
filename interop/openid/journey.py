"""Signs in by the provider as people do, and tells what came of it.

    journey.py ROOT OPERATOR_LINK

Prints one JSON document: the cases, each with what was expected and found.
"""

import json
import re
import sys
from html import unescape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from visitor import Browser, Operator  # noqa: E402

ROOT, LINK = sys.argv[1:]
cases = []


class Visitor(Browser):
    """Somebody who may be known to the provider."""

    def __init__(self):
        super().__init__(ROOT)

    def is_in(self):
        self.send("/keys")
        return self.at == self.place("/keys") and self.status == 200

    def log_in(self, who, deny=False):
        """At the provider: types a name, and agrees."""
        for _ in range(3):
            if self.at.startswith(ROOT):
                return
            if deny:
                self.send(unescape(re.search(r'href="([^"]*abort[^"]*)"', self.page).group(1)))
                continue
            action = unescape(re.search(r'action="([^"]+)"', self.page).group(1))
            prompt = re.search(r'name="prompt" value="(\w+)"', self.page).group(1)
            fields = {"prompt": prompt}
            if prompt == "login":
                fields |= {"login": who, "password": "any"}
            self.send(action, **fields)


def case(what, expected, found):
    cases.append({"case": what, "expected": expected, "found": found})


def outcome(browser):
    refused = browser.status if browser.status >= 400 else None
    return "lets in" if browser.is_in() else f"refused ({refused})"


operator = Operator(ROOT).come_in(LINK, "operator")
page = operator.send("/people")
organisation = re.search(r'name="organisation" value="(\d+)"', page).group(1)
invitation = operator.enrol(organisation, "kim", "Evaluator")

# Nobody is let in who was not invited.
stranger = Visitor()
stranger.send("/sign-in/openid/rs256")
stranger.log_in("kim")
case("a name that the provider knows, before any invitation", "refused (422)", outcome(stranger))

bound = Visitor()
page = bound.send(f"{invitation}/openid/rs256")
way = unescape(re.search(r'href="(http[^"]+/auth\?[^"]+)"', page).group(1))
bound.send(way)
bound.log_in("kim")
case("an invitation, bound (RS256)", "lets in", outcome(bound))

for name, how in [
    ("rs256", "RS256"),
    ("ps256", "PS256"),
    ("es256", "ES256"),
    ("eddsa", "Ed25519"),
]:
    browser = Visitor()
    browser.send(f"/sign-in/openid/{name}")
    browser.log_in("kim")
    case(f"signing in ({how})", "lets in", outcome(browser))

other = Visitor()
other.send("/sign-in/openid/rs256")
other.log_in("lee")
case("another name at the same provider", "refused (422)", outcome(other))

denied = Visitor()
denied.send("/sign-in/openid/rs256")
denied.log_in("kim", deny=True)
case("the visitor cancels at the provider", "refused (422)", outcome(denied))

assured = Visitor()
assured.send("/sign-in/openid/assured")
assured.log_in("kim")
case("an assurance (acr) is required that the provider does not give", "refused (422)", outcome(assured))

# The address to which the provider sent somebody, opened again and elsewhere.
came_back = [place for place in bound.places if "/callback?" in place][-1]
bound.jar.clear()
bound.send(came_back)
case("the way back, opened once more", "refused (422)", outcome(bound))
elsewhere = Visitor()
elsewhere.send("/sign-in/openid/rs256")
elsewhere.send(came_back)
case("the way back, opened in another browser that has asked too", "refused (422)", outcome(elsewhere))

print(json.dumps(cases, ensure_ascii=False))
