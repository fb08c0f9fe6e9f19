// The key of a page comes as the link's fragment, which is sent nowhere: into the form with it, and out of the address and the history.
"use strict";
(() => {
  const pasted = document.getElementById("pasted"), field = document.getElementById("key");
  function take() {
    const [key] = location.hash.match(/[A-Za-z0-9_-]{43}/) ?? [];
    if (!key) return;
    field.value = key;
    pasted.hidden = true;
    history.replaceState(null, "", location.pathname);
  }
  take();
  addEventListener("hashchange", take);      // another link, opened where this page stands
})();
