// The review of the report form, whose confirmation survives a bad network, and the receipt, which shows what never arrived.
// Without this script both are plain pages that do the same.
"use strict";
(() => {
  const GIVE_UP = 15000;
  const review = document.getElementById("confirm"), over = document.getElementById("over");
  if (review) confirming(review);
  if (over) leftOver(over);

  function confirming(page) {
    const state = document.getElementById("state"), main = page.querySelector("button.main");
    const { revision, stamp, reason } = page.elements, kept = `thidua.form.${page.dataset.key}.reason`;
    if (reason) keeping(reason, kept);
    page.addEventListener("submit", async (event) => {
      if (event.submitter?.value.startsWith("edit")) return;       // back to the fields, with the reason
      event.preventDefault();
      if (!main || main.disabled) return;
      main.disabled = true;
      state.textContent = page.dataset.saving;
      try {
        const response = await fetch(page.getAttribute("action"), {
          method: "POST", signal: AbortSignal.timeout(GIVE_UP), headers: { "Content-Type": "application/json", Accept: "application/json" },
          body: JSON.stringify({ do: "confirm", revision: revision.value, stamp: stamp?.value ?? "", reason: reason?.value ?? "" }),
        });
        const answer = await response.json();
        if (answer.go) { forget(kept); location.assign(answer.go); return; }
        if (answer.again) { page.submit(); return; }      // the page comes back with what has changed
        state.textContent = answer.error;
      } catch {
        state.textContent = page.dataset.unsure;
      }
      state.className = "failed";
      main.disabled = false;
    });
  }

  // The reason of a correction is kept on this device until it is recorded; not one that must not be kept.
  function keeping(reason, key) {
    const keep = () => {
      try { localStorage.setItem(key, JSON.stringify({ raw: reason.value, code: reason.labels[0].textContent })); } catch { /* not kept */ }
    };
    reason.addEventListener("input", keep);
    if (reason.dataset.refused) forget(key);
    if (reason.value !== reason.defaultValue) keep();       // typed while this script was on its way
    else if (!reason.dataset.refused) {
      try { reason.value = reason.value || (JSON.parse(localStorage.getItem(key))?.raw ?? ""); } catch { /* nothing was kept */ }
    }
  }

  function forget(key) { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } }

  function leftOver(page) {
    const prefix = `thidua.form.${page.dataset.key}.`, left = [];
    try {
      for (const key of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) {
        const kept = JSON.parse(localStorage.getItem(key));
        if (kept?.raw) left.push(`${kept.code ?? key.slice(prefix.length)}: ${kept.raw}`);
        localStorage.removeItem(key);
      }
    } catch { /* a browser that keeps nothing has nothing left */ }
    if (!left.length) return;
    const note = document.createElement("p"), list = document.createElement("ul");
    note.textContent = page.dataset.left;
    note.className = "asked";
    list.append(...left.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    page.append(note, list);
  }
})();
