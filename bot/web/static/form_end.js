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
    page.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (main.disabled) return;
      main.disabled = true;
      state.textContent = page.dataset.saving;
      try {
        const response = await fetch(page.getAttribute("action"), {
          method: "POST", signal: AbortSignal.timeout(GIVE_UP), headers: { "Content-Type": "application/json", Accept: "application/json" },
          body: JSON.stringify({ do: "confirm", revision: page.elements.revision.value }),
        });
        const answer = await response.json();
        if (answer.go) { location.assign(answer.go); return; }
        if (answer.again) { page.submit(); return; }      // the page comes back with what has changed
        state.textContent = answer.error;
      } catch {
        state.textContent = page.dataset.unsure;
      }
      state.className = "failed";
      main.disabled = false;
    });
  }

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
