"""Makes a key of the first operator and prints it.

The operator's link, which `modu serve` printed, is taken as a browser would
take it: a name and a password, signing in, the page of keys.
"""

import http.cookiejar
import re
import sys
import urllib.parse
import urllib.request

LOGIN, PASSWORD = "operator", "correct horse battery staple"


def main(root, link):
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def send(path, **fields):
        body = urllib.parse.urlencode(fields).encode()
        return opener.open(urllib.parse.urljoin(root, path), body).read().decode()

    send(link, login=LOGIN, password=PASSWORD)
    send("/sign-in", login=LOGIN, password=PASSWORD, to="/")
    page = opener.open(urllib.parse.urljoin(root, "/keys")).read().decode()
    form_key = re.search(r'name="form_key" value="([0-9a-f]+)"', page).group(1)
    page = send("/keys", form_key=form_key, name="schemathesis")
    print(re.search(r"modu_[0-9a-f]{64}", page).group(0))


main(*sys.argv[1:])
