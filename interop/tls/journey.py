"""Goes to `modu serve` through a proxy that speaks TLS, as people and nodes do.

    journey.py MODU ROOT OPERATOR_LINK CERTIFICATES DATA FOLDER PROXY_LOG

CERTIFICATES is a folder with `proxy-ca.pem`, which certified the proxy, and
`other-ca.pem`, which did not. DATA is the file that the node has. FOLDER takes
the node's home. Prints one JSON document: the cases, each with what was
expected and found.
"""

import concurrent.futures
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from visitor import PASSWORD, Browser, Operator, words  # noqa: E402

MODU, ROOT, LINK, CERTIFICATES, DATA, FOLDER, PROXY_LOG = sys.argv[1:]
CERTIFICATES, FOLDER = Path(CERTIFICATES), Path(FOLDER)
AUTHORITY, OTHER = CERTIFICATES / "proxy-ca.pem", CERTIFICATES / "other-ca.pem"
PORT = urlparse(ROOT).port
TRUST = ssl.create_default_context(cafile=AUTHORITY)
cases = []


def case(what, expected, found):
    cases.append({"case": what, "expected": expected, "found": found})


def yes(holds):
    return "yes" if holds else "no"


def wait_for(what, found, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise SystemExit(f"{what} does not come within {seconds} seconds")


class From(urllib.request.HTTPSHandler):
    """Comes from another address of this machine."""

    def __init__(self, source):
        super().__init__(context=TRUST)
        self.source = source

    def https_open(self, request):
        def connection(host, **more):
            return http.client.HTTPSConnection(
                host, source_address=(self.source, 0), context=TRUST, **more
            )

        return self.do_open(connection, request)


def modu(*arguments, **environment):
    command = [MODU, "--home", str(FOLDER / "node-home"), *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )


class Node:
    """`modu node`, until it is stopped."""

    def __init__(self, name, server=ROOT, authority=AUTHORITY):
        self.said = FOLDER / f"{name}.said"
        arguments = ["--server", server, "--ca", str(authority), "--data", str(FOLDER / "data")]
        arguments += ["--token-file", str(FOLDER / "token"), "--sandbox", "lenient"]
        home = ["--home", str(FOLDER / "node-home")]
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [MODU, *home, "node", *arguments], stdout=said, stderr=said
            )

    def heard(self):
        return self.said.read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def proxied(path):
    """The proxy's own lines on requests to a path: status and seconds."""
    lines = Path(PROXY_LOG).read_text().splitlines()
    told = [line.split() for line in lines]
    return [(status, float(seconds)) for at, status, seconds in told if at == path]


# People.
operator = Operator(ROOT, TRUST).come_in(LINK, "operator")
case("people: the first operator comes in by the printed link", "yes", yes(operator.status == 200))
case("people: the link leads to the proxy", "yes", yes(LINK.startswith(ROOT)))
session = [cookie for cookie in operator.jar if cookie.name.endswith("session")]
case("people: the session's cookie is for TLS alone", "yes", yes(session and session[0].secure))
agency = operator.numbered("수요부처")
invitation = operator.enrol(agency, "ministry", "DemandAgency")
official = Browser(ROOT, TRUST).come_in(invitation, "ministry")
official.send("/language/en?to=/")
try:
    Browser(ROOT, ssl.create_default_context(cafile=OTHER)).send("/")
    case("people: a browser that trusts another authority", "refuses", "goes on")
except urllib.error.URLError as error:
    refused = isinstance(error.reason, ssl.SSLCertVerificationError)
    case("people: a browser that trusts another authority", "refuses", "refuses" if refused else str(error))

# A node beside data.
identity = ["--identity", "https://agency.example/node", "--origin", "log.agency.example/node"]
started = modu("init", "--organisation", "수요부처 노드", *identity)
assert started.returncode == 0, started.stderr
key = json.loads(modu("--json", "node", "--show-key").stdout)["key"]
page = operator.fill("/nodes", "/nodes", organisation=agency, name="서울", key=key)
token = re.search(r"modu_node_[0-9a-f]{64}", page).group(0)
(FOLDER / "token").write_text(token + "\n")
(FOLDER / "data").mkdir()
(FOLDER / "data" / f"census-at-home{Path(DATA).suffix}").write_bytes(Path(DATA).read_bytes())

wrong = Node("wrong", authority=OTHER)
wait_for("a word of the node", lambda: "certificate" in wrong.heard().lower())
wrong.stop()
case("node: an authority that did not certify the proxy", "refuses", "refuses")
wrong = Node("name", server=f"https://127.0.0.1:{PORT}")
wait_for("a word of the node", lambda: "certificate" in wrong.heard().lower())
wrong.stop()
case("node: a certificate of another name", "refuses", "refuses")
case("node: neither of them reached the server", "yes", yes(not proxied("/node/v1/hello")))

first = Node("first")
official.send("/")
links = re.findall(r'<h3><a href="(/projects/\d+)"', official.page)
project = links[-1]


def offered():
    official.form(project, f"{project}/demonstrate")
    option = re.search(r'<option value="(\d+)">[^<]*census-at-home', official.sent_form)
    return option and option.group(1)


dataset = wait_for("the node's data", offered)
case("node: it tells of its data through the proxy", "yes", yes(dataset))
first.stop()

# Its job, watched while nobody works on it yet.
proposal = re.search(r'name="proposal" value="(\d+)"', official.sent_form).group(1)
official.fill(project, f"{project}/demonstrate", proposal=proposal, dataset=dataset)
job = official.path()
assert re.fullmatch(r"/jobs/\d+", job), words(official.page)
stream = http.client.HTTPSConnection("localhost", PORT, context=TRUST, timeout=100)
cookies = "; ".join(f"{it.name}={it.value}" for it in official.jar)
stream.request("GET", f"{job}/events", headers={"Cookie": cookies})
events = stream.getresponse()
kind = events.getheader("content-type", "").split(";")[0]
case("live page: what the stream is", "text/event-stream", kind)


def event():
    """The next event's name and text; nothing at the stream's end."""
    name, text = None, []
    while line := events.readline().decode():
        line = line.rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            text.append(line[6:])
        elif not line and name:
            return name, "\n".join(text)
    return None


# Nobody works on the job, so that the stream cannot have ended: a proxy that
# kept the event back would keep it for ever.
early = event()
case("live page: an event comes while the job still waits", "message", early and early[0])
second = Node("second")
names = [early[0]]
while more := event():
    names.append(more[0])
case("live page: the last event says that it is over", "over", names[-1])
official.send(job)
state = re.search(r'id="live".*?<span class="badge[^"]*">([^<]+)<', official.page, re.S)
if state.group(1) != "Done":
    print(words(official.page), second.heard(), file=sys.stderr)
case("node: what became of the job", "Done", state.group(1))
official.send(f"{project}/results")
case("node: what it released is on the project's page", "200", str(official.status))


def held():
    return [it for it in proxied("/node/v1/take") if it[1] >= 19]


answers = wait_for("the end of an open question", held)
case("node: a question that is left open for twenty seconds is answered", "200", answers[0][0])
case("node: questions that the proxy cut off", "0", str(sum(it[0] == "504" for it in proxied("/node/v1/take"))))
second.stop()

# Bodies: the largest that a node sends gets through, and is judged by modu:
# with the node's token it is read whole before its signature is looked at.
large = http.client.HTTPSConnection("localhost", PORT, context=TRUST, timeout=100)
unsigned = {name: "none" for name in ["Content-Digest", "Signature-Input", "Signature"]}
known = {"Authorization": f"Bearer {token}", **unsigned}
large.request("POST", "/node/v1/deliver", body=b"x" * (32 << 20), headers=known)
case("bodies: 32 MiB reach modu, which refuses them unsigned", "401", str(large.getresponse().status))
huge = http.client.HTTPSConnection("localhost", PORT, context=TRUST, timeout=100)
huge.putrequest("POST", "/sign-in")
huge.putheader("Content-Length", str(40 << 20))
huge.endheaders()
case("bodies: 40 MiB are refused by the proxy", "413", str(huge.getresponse().status))

# Addresses: who guesses waits, whatever they say of themselves; others do not.
def guess(number):
    said = [("X-Forwarded-For", f"198.51.100.{number % 250}"), ("Forwarded", "for=198.51.100.1")]
    guesser = Browser(ROOT, TRUST, [From("127.0.0.9")], said)
    guesser.send("/sign-in", login=f"guess{number}", password=PASSWORD, to="/")
    return guesser.status


with concurrent.futures.ThreadPoolExecutor(4) as several:
    found = list(several.map(guess, range(56)))
case("addresses: one who guesses is made to wait, though each guess names another", "yes", yes(429 in found))
case("addresses: and not before fifty guesses", "yes", yes(429 not in found[:46]))
other = Browser(ROOT, TRUST, [From("127.0.0.8")])
other.send("/sign-in", login="ministry", password=PASSWORD, to="/")
case("addresses: a visitor from elsewhere comes in meanwhile", "yes", yes('action="/sign-out"' in other.page))

# What is for whoever watches the machine.
stranger = Browser(ROOT, TRUST)
stranger.send("/metrics")
case("/metrics, through the proxy", "404", str(stranger.status))
stranger.send("/ready")
case("/ready, through the proxy", "200", str(stranger.status))

# Commands that ask a server.
asked = ["--server", ROOT, "programme", "projects"]
trusting = modu(*asked, SSL_CERT_FILE=str(AUTHORITY))
case("`modu --server`, with SSL_CERT_FILE naming the authority", "0", str(trusting.returncode))
strange = modu(*asked, SSL_CERT_FILE=str(OTHER))
case("`modu --server`, trusting another authority", "3", str(strange.returncode))

print(json.dumps(cases, ensure_ascii=False))
