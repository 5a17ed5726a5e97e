// Loads the part of the page that changes anew, once a second, while it goes
// on. Without this script the page has a link that does the same.
(function () {
  'use strict';
  function part(of) { return of.getElementById('live'); }
  function again() {
    fetch(location.pathname, { credentials: 'same-origin' })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.text(); })
      .then(function (text) {
        var fresh = part(new DOMParser().parseFromString(text, 'text/html'));
        if (!fresh) return;
        part(document).replaceWith(document.adoptNode(fresh));
        // What is over is shown whole, with what can be done now.
        if (fresh.hasAttribute('data-goes-on')) setTimeout(again, 1000);
        else location.reload();
      })
      .catch(function () { setTimeout(again, 5000); });
  }
  setTimeout(again, 1000);
})();
