"""Has `modu serve` tell programs and people of others' making, and says what
they made of it.

    journey.py ROOT OPERATOR_LINK MAIL_PORT CERTIFICATES NODE_MODULES

CERTIFICATES is a folder with `mail.pem`, which the server trusts, and
`other.pem`, which it does not, each with its `.key`. Prints one JSON document:
the cases, each with what was expected and found.
"""

import copy
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import standardwebhooks.webhooks as library
from receivers import Hook, Mail, wait_for

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from visitor import Browser, Operator  # noqa: E402

ROOT, LINK, PORT, CERTIFICATES, MODULES = sys.argv[1:]
CERTIFICATES = Path(CERTIFICATES)
BUYER = "박영업 <과장>"
TITLE = "민원 자동 분류 ‘가나다’ & <b>확인</b>"
ADDRESS = "bak@garam.example"
cases = []


def case(what, expected, found):
    cases.append({"case": what, "expected": expected, "found": found})


def mail_server(name):
    return Mail(int(PORT), CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")


def letter_to(address, mail, place=0):
    return wait_for(f"a letter to {address}", lambda: mail.to(address)[place:])[0]


def yes(holds):
    return "yes" if holds else "no"


mail, hook = mail_server("mail"), Hook()
operator = Operator(ROOT).come_in(LINK, "operator")
agency = operator.organisation("통계청 (시험)", "DemandAgency")
official = Browser(ROOT).come_in(operator.enrol(agency, "김주무관", "DemandAgency"), "official")

# An invitation by mail.
supplier = operator.organisation("가람 주식회사 (시험)", "Supplier")
page = operator.fill(
    "/people", "/people/enrol", organisation=supplier, name=BUYER, role="Supplier", mail=ADDRESS
)
letter, envelope, signed_in, over_tls = letter_to(ADDRESS, mail)
text = letter.get_content()
case("mail: the line turned to TLS before the letter", "yes", yes(over_tls))
case("mail: whoever sends it signed in", "yes", yes(signed_in and "AUTH" in mail.commands))
case("mail: the subject as Python's `email` reads it", "[모두] 들어오는 링크", letter["subject"])
case("mail: whom it is from", "모두", letter["from"].addresses[0].display_name)
case("mail: a name of Korean and < > stands in the text", "yes", yes(f"{BUYER} 님" in text))
case("mail: no program answers it (Auto-Submitted)", "auto-generated", letter["auto-submitted"])
case("mail: all of it is ASCII on the line", "yes", yes(envelope.content.isascii()))
case("mail: the link is in the letter only", "no", yes("/welcome/" in page))
link = re.search(r"\S+/welcome/[0-9a-f]{64}", text).group(0)
buyer = Browser(ROOT).come_in(link, "buyer")
case("mail: who has the letter comes in by its link", "yes", yes(buyer.status == 200))

# The address is confirmed by what is sent there.
buyer.fill("/notices", "/notices/mail", address=ADDRESS)
proof = letter_to(ADDRESS, mail, 1)[0].get_content()
way = re.search(r"/mailbox/[0-9a-f]{64}", proof).group(0)
buyer.fill(way, way)

# A webhook, and something to tell.
page = buyer.fill("/webhooks", "/webhooks", address=hook.address)
secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page).group(0)
official.fill("/needs/new", "/needs/new", title=TITLE, description="접수된 민원을 나눕니다.", need="")
letter = letter_to(ADDRESS, mail, 2)[0]
case("mail: a title of Korean, quotes and markup, in the subject", "yes", yes(TITLE in letter["subject"]))
case("mail: the same in the text", "yes", yes(TITLE in letter.get_content()))

# Its first attempt was refused; the second has the same number.
wait_for("a second attempt", lambda: len(hook.heard) >= 2)
(first, body), (headers, again) = hook.heard[:2]


def python(headers, body, secret=secret, passed=0):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(seconds=passed)

    library.datetime = Clock
    try:
        library.Webhook(secret).verify(body, headers)
        return "verified"
    except library.WebhookVerificationError as error:
        return f"refused: {error}"
    finally:
        library.datetime = datetime


def changed(name, value):
    other = copy.copy(headers)
    key = next(key for key in other if key.lower() == name)
    other[key] = value(other[key])
    return other


def later(timestamp):
    return str(int(timestamp) + 1)


other = "whsec_" + "A" * 43 + "="
asked = [
    ("the first attempt, answered with 500", "verified", (first, body)),
    ("the second attempt", "verified", (headers, again)),
    ("its body changed", "refused", (headers, again.replace('"type"', '"Type"', 1))),
    ("its number changed", "refused", (changed("webhook-id", lambda it: it + "0"), again)),
    ("its time changed", "refused", (changed("webhook-timestamp", later), again)),
    ("its signature changed at the end", "refused",
     (changed("webhook-signature", lambda it: it[:-4] + "AAA="), again)),
    ("with another receiver's secret", "refused", (headers, again, other)),
    ("sent again by somebody six minutes later", "refused", (headers, again, secret, 360)),
    ("as if of six minutes to come", "refused", (headers, again, secret, -360)),
]
for what, expected, arguments in asked:
    case(f"webhook, PyPI: {what}", expected, python(*arguments).split(":")[0])
given = []
for _, _, arguments in asked:
    heads, text, *more = arguments
    heads = {name.lower(): value for name, value in heads.items()}
    key, passed = *more, *(secret, 0)[len(more) :]
    given.append([key, heads, text, passed])
answers = subprocess.run(
    ["node", str(HERE / "verify.mjs"), MODULES],
    input=json.dumps(given), capture_output=True, text=True, check=True,
).stdout
for (what, expected, _), answer in zip(asked, json.loads(answers)):
    case(f"webhook, npm: {what}", expected, answer.split(":")[0])
number = {name.lower(): value for name, value in first.items()}["webhook-id"]
same = {name.lower(): value for name, value in headers.items()}["webhook-id"]
case("webhook: both attempts have one number", "yes", yes(number == same))
data = json.loads(again)
stated = datetime.fromisoformat(data["timestamp"]) <= datetime.now(timezone.utc)
case("webhook: its type, time and data are there", "yes", yes(data["type"] and stated and data["data"]["page"]))

# A mail server whom another authority certifies hears nothing of a letter.
mail.stop()
strange = mail_server("other")
official.fill("/needs/new", "/needs/new", title="두 번째 수요", description="없음", need="")
wait_for("a try", lambda: "STARTTLS" in strange.commands)
wait_for("the message to the webhook", lambda: len(hook.heard) >= 3)
said = [it for it in strange.commands if it != "STARTTLS"]
case("mail: a server with another authority's certificate", "hears nothing", "hears nothing" if not said else str(said))
strange.stop()
mail = mail_server("mail")
letter = letter_to(ADDRESS, mail)[0]
case("mail: once the certificate is right again, the letter comes", "[모두]", letter["subject"][:4])
mail.stop()

print(json.dumps(cases, ensure_ascii=False))
