"""A browser without script, for the chores that act as people do."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from html import unescape

PASSWORD = "correct horse battery staple"


class Browser:
    """Follows redirects, keeps cookies, and remembers where it was sent.

    `context` is what it trusts (an `ssl.SSLContext`), `source` the address of
    this machine that it comes from, `headers` what it sends with each request.
    """

    def __init__(self, root, context=None, handlers=(), headers=()):
        self.root = root
        self.jar = http.cookiejar.CookieJar()
        self.places = []
        browser = self

        class Follow(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, request, *rest):
                followed = super().redirect_request(request, *rest)
                browser.places.append(followed.full_url)
                return followed

        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        tls = [urllib.request.HTTPSHandler(context=context)] if context and not handlers else []
        self.opener = urllib.request.build_opener(cookies, Follow(), *tls, *handlers)
        self.opener.addheaders = list(headers)

    def place(self, path):
        return urllib.parse.urljoin(self.root, path)

    def send(self, path, fields=None, **more):
        """Opens a page, or sends a form; gives the page that comes of it.

        A name with several values is sent several times.
        """
        fields = [*(fields or {}).items(), *more.items()]
        body = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
        try:
            answer = self.opener.open(self.place(path), body, timeout=120)
        except urllib.error.HTTPError as error:
            answer = error
        self.at, self.status, self.page = answer.url, answer.status, answer.read().decode()
        return self.page

    def path(self):
        return urllib.parse.urlparse(self.at).path

    def fill(self, page, action, fields=None, **more):
        """Opens a page and sends its form that goes to `action`."""
        hidden = self.form(page, action)
        self.send(action, {**hidden, **(fields or {}), **more})
        if self.status >= 400:
            raise SystemExit(f"{action} is refused ({self.status}): {words(self.page)}")
        return self.page

    def form(self, page, action):
        """What a page's form that goes to `action` sends by itself."""
        self.send(page)
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', self.page, re.S)
        if form is None:
            raise SystemExit(f"{page} has no form for {action} ({self.status}): {words(self.page)}")
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.group(0))
        self.sent_form = form.group(0)
        return dict(hidden)

    def come_in(self, link, login):
        """By a one-time link: chooses a name and a password, and signs in."""
        self.send(link, login=login, password=PASSWORD)
        self.send("/sign-in", login=login, password=PASSWORD, to="/")
        if 'action="/sign-out"' not in self.page:
            raise SystemExit(f"{login} cannot sign in ({self.status}): {words(self.page)}")
        return self


def words(page):
    """What stands in the main part of a page."""
    main = re.search(r"<main.*?</main>", page, re.S)
    text = re.sub(r"<[^>]+>", " ", main.group(0) if main else page)
    return " ".join(unescape(text).split())[:600]


class Operator(Browser):
    """Who lets the others in."""

    def organisation(self, name, kind):
        self.fill("/people", "/people/organisation", name=name, kind=kind)
        return self.numbered(name)

    def numbered(self, name):
        """The number of an organisation whose name begins so."""
        page = self.send("/people")
        section = re.search(rf"<h2[^>]*>\s*{re.escape(name)}.*?</section>", page, re.S)
        if section is None:
            raise SystemExit(f"no organisation {name}: {words(page)}")
        return re.search(r'name="organisation" value="(\d+)"', section.group(0)).group(1)

    def enrol(self, organisation, name, role):
        """Gives the link by which they come in."""
        page = self.fill(
            "/people", "/people/enrol", organisation=organisation, name=name, role=role
        )
        return re.search(r"/welcome/[0-9a-f]{64}", page).group(0)
