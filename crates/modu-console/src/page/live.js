// Shows how far a job is as the server tells it. Where nothing is told, the
// part of the page that changes is asked for anew; without this script the
// page has a link that does the same.
(function () {
  'use strict';
  function part(of) { return of.getElementById('live'); }
  function show(text) {
    var fresh = part(new DOMParser().parseFromString(text, 'text/html'));
    if (!fresh) return true;
    part(document).replaceWith(document.adoptNode(fresh));
    return fresh.hasAttribute('data-goes-on');
  }
  function ask() {
    fetch(location.pathname, { credentials: 'same-origin' })
      .then(function (answer) { if (!answer.ok) throw answer; return answer.text(); })
      .then(function (text) {
        // What is over is shown whole, with what can be done now.
        if (show(text)) setTimeout(ask, 1000);
        else location.reload();
      })
      .catch(function () { setTimeout(ask, 5000); });
  }
  if (!window.EventSource) { setTimeout(ask, 1000); return; }
  var source = new EventSource(location.pathname + '/events');
  source.onmessage = function (event) { show(event.data); };
  source.addEventListener('over', function () { source.close(); location.reload(); });
  // A line that breaks is made again by the browser; one that is refused is not.
  source.onerror = function () {
    if (source.readyState === EventSource.CLOSED) setTimeout(ask, 1000);
  };
})();
