// Staff pages work without this file. It shows the buttons of passkeys and security keys
// where the browser has them, and moves a job's progress bar without reloading the page.
(function () {
  "use strict";

  ["passkey_login", "mfa_webauthn_authenticate"].forEach(function (id) {
    var button = document.getElementById(id);
    if (button && window.PublicKeyCredential) {
      button.hidden = false;
    }
  });

  var job = document.getElementById("job");
  if (!job || !window.fetch) {
    return;
  }
  var bar = document.getElementById("job-bar");
  var line = document.getElementById("job-line");
  var spoken = document.getElementById("job-spoken");
  var wait = 1000;
  var last = -1;

  function look() {
    fetch(job.getAttribute("data-state"), { credentials: "same-origin" })
      .then(function (response) {
        if (!response.ok) {
          throw new Error(response.status);
        }
        return response.json();
      })
      .then(function (state) {
        if (state.finished) {
          window.location.reload();
          return;
        }
        bar.max = state.total || 1;
        if (state.total) {
          bar.value = state.done;
        }
        line.textContent = state.line;
        var tenth = state.total ? Math.floor((10 * state.done) / state.total) : 0;
        if (tenth !== last) {
          last = tenth;
          spoken.textContent = state.line;
        }
        if (state.stalled) {
          window.location.reload();
          return;
        }
        wait = Math.min(5000, wait * 1.15);
        window.setTimeout(look, wait);
      })
      .catch(function () {
        window.setTimeout(look, 5000);
      });
  }
  window.setTimeout(look, wait);
})();
