// The report form while somebody types: saved as a draft field by field, asked back at the field, kept on this device until it is sent.
// Without this script the page is a plain form that does the same.
"use strict";
(() => {
  const IDLE = 1500, FIRST_WAIT = 3000, LONGEST_WAIT = 30000, GIVE_UP = 15000;
  const page = document.getElementById("form");
  const told = page.dataset, prefix = `thidua.form.${told.key}.`;
  const shelf = {     // what could not be sent yet; a browser that keeps nothing still sends
    put(item, value) { try { localStorage.setItem(prefix + item, JSON.stringify(value)); } catch { /* sent from memory alone */ } },
    get(item) { try { return JSON.parse(localStorage.getItem(prefix + item)); } catch { return null; } },
    drop(item) { try { localStorage.removeItem(prefix + item); } catch { /* nothing was kept */ } },
  };
  const byId = (id) => document.getElementById(id);
  const rows = new Map();
  const state = byId("state"), progress = byId("progress"), summary = byId("summary");
  let timer = 0, flight = null, wait = FIRST_WAIT, ended = false;

  class Row {
    constructor(element) {
      this.item = element.dataset.item;
      this.inputs = [...element.querySelectorAll("input, textarea")].filter((input) => input.name === `v.${this.item}`);
      this.why = [...element.querySelectorAll("input")].find((input) => input.name === `w.${this.item}`);
      this.mark = [...element.querySelectorAll("input")].find((input) => input.name === `s.${this.item}`);
      this.answer = byId(`e-${this.item}`);
      this.kind = this.answer.dataset.kind || "";
      this.accepted = this.given();         // what is saved as it stands in the field; on a slow line people type before this runs
      this.refused = null;                  // what was asked back about: not sent again by itself
      this.reply = null;                    // a question that waits until the field is left
    }
    given() {
      const radio = this.inputs[0].type === "radio";
      const raw = radio ? this.inputs.find((input) => input.defaultChecked)?.value ?? "" : this.inputs[0].defaultValue;
      return this.why ? `${raw}\n${this.why.defaultValue}` : raw;
    }
    raw() {
      if (this.inputs[0].type !== "radio") return this.inputs[0].value;
      return this.inputs.find((input) => input.checked)?.value ?? "";
    }
    text() { return this.why ? `${this.raw()}\n${this.why.value}` : this.raw(); }
    put(text) {
      if (this.inputs[0].type === "radio") this.inputs.forEach((input) => { input.checked = input.value === text; });
      else this.inputs[0].value = text;
    }
    get focused() { return [...this.inputs, this.why].includes(document.activeElement); }
    get unsent() { return this.text() !== this.accepted && this.text() !== this.refused; }
    get open() { return this.text() !== this.accepted; }
    keep() {
      if (this.open) shelf.put(this.item, { raw: this.raw(), why: this.why?.value ?? "", seen: this.mark.value, code: codeOf(this) });
      else shelf.drop(this.item);
    }
    show(reply) {
      this.reply = null;
      this.kind = reply.kind;
      const parts = [];
      if (reply.lines.length) {
        const asked = make("div", "asked", ...reply.lines.map((line) => make("p", "line", line)));
        if (reply.buttons.length) asked.append(make("div", "buttons", ...reply.buttons.map(([label, does]) => button(label, does))));
        parts.push(asked);
      }
      if (reply.saved) parts.push(make("p", "saved", reply.saved));
      const had = this.answer.contains(document.activeElement), height = this.answer.offsetHeight;
      this.answer.replaceChildren(...parts);
      if (this.answer.offsetHeight !== height) moved();
      if (had) this.inputs[0].focus();
      for (const input of this.inputs) {
        if (reply.kind) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
    take(reply, sent, pressed) {
      if (reply.kind !== "clash") this.mark.value = reply.seen;
      const open = reply.kind && !reply.stands;
      if (reply.gone) { this.put(reply.text); if (this.why) this.why.value = ""; }
      if (pressed && !open) this.put(radio(this) && reply.seen === "none" ? "none" : reply.text);
      const now = this.text();
      if (open) this.refused = reply.gone ? now : sent;
      else { this.accepted = pressed || reply.gone ? now : sent; this.refused = null; }
      this.keep();
      if (now !== sent && !pressed && !reply.gone) return;       // typed on meanwhile: that is sent next
      if (reply.kind && this.focused && !pressed) this.reply = reply;
      else this.show(reply);
    }
    refresh(reply) {     // somebody else, the chat or another tab has written
      if (this.open || this.focused || reply.seen === this.mark.value && reply.kind === this.kind) return;
      this.mark.value = reply.seen;
      this.put(radio(this) && reply.seen === "none" ? "none" : reply.text);
      this.accepted = this.text();
      this.refused = null;
      this.show(reply);
    }
  }

  // Rows that have moved put another button under the thumb: none of theirs is pressed until they are still again.
  let still = 0;
  function moved() {
    document.body.classList.add("moving");
    clearTimeout(still);
    still = setTimeout(() => document.body.classList.remove("moving"), 500);
  }

  const radio = (row) => row.inputs[0].type === "radio";
  function make(name, className, ...children) {
    const element = document.createElement(name);
    element.className = className;
    element.append(...children);
    return element;
  }
  function button(label, does) {
    const element = make("button", "", label);
    Object.assign(element, { type: "submit", name: "do", value: does });
    return element;
  }
  function say(text, className = "") { state.textContent = text; state.className = className; }
  function standing(text) {
    const unclear = [...rows.values()].filter((row) => row.kind || row.refused !== null && row.open).length;
    say(unclear ? `${text} · ${told.unclear.replace("{count}", unclear)}` : text);
  }

  // Sending: one request at a time; what fails is kept and sent again: soon, then every half minute, at once when the network is back.
  function later(delay) { clearTimeout(timer); timer = setTimeout(() => save(), delay); }

  async function save(does = "", only = null, alive = false) {
    clearTimeout(timer);
    if (ended) return false;
    if (flight) { await flight; return save(does, only, alive); }
    const sending = [...rows.values()].filter((row) => row.unsent || row.item === only);
    if (!sending.length && !does) return true;
    const fields = {}, texts = new Map();
    for (const row of sending) {
      fields[row.item] = { raw: row.raw(), seen: row.mark.value, why: row.why?.value ?? "" };
      texts.set(row, row.text());
    }
    say(told.saving);
    flight = post(page.getAttribute("action"), { fields, do: does }, alive);
    const answer = await flight;
    flight = null;
    if (!answer) return failed();
    wait = FIRST_WAIT;
    for (const [item, reply] of Object.entries(answer.fields)) {
      const row = rows.get(item);
      if (!row) continue;
      if (texts.has(row)) row.take(reply, texts.get(row), item === only);
      else row.refresh(reply);
    }
    for (const [item, reply] of Object.entries(answer.fields)) {
      const known = byId(`k-${item}`);
      if (known) known.textContent = reply.known;
    }
    progress.textContent = answer.progress;
    standing(answer.state);
    if ([...rows.values()].some((row) => row.unsent)) later(IDLE);
    return true;
  }

  async function post(address, body, alive = false) {
    try {
      const response = await fetch(address, {
        method: "POST", body: JSON.stringify(body), keepalive: alive, signal: AbortSignal.timeout(GIVE_UP),
        headers: { "Content-Type": "application/json", Accept: "application/json" },
      });
      const answer = await response.json();
      if (response.ok) return answer;
      if (response.status < 500 && response.status !== 429) stop(answer);
      else say(answer.error, "failed");
    } catch { /* no network, or no answer in time: kept */ }
    return null;
  }

  function failed() {
    if (ended) return false;
    say(told.kept, "kept");
    later(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
    return false;
  }

  function stop(answer) {
    ended = true;
    if (answer.over) { location.reload(); return; }
    say(answer.error, "failed");
  }

  async function look() {
    if (ended || flight || document.hidden) return;
    try {
      const response = await fetch(page.getAttribute("action"), {
        headers: { Accept: "application/json" }, signal: AbortSignal.timeout(GIVE_UP),
      });
      const answer = await response.json();
      if (!response.ok) { if (response.status < 500 && response.status !== 429) stop(answer); return; }
      for (const [item, reply] of Object.entries(answer.fields)) rows.get(item)?.refresh(reply);
      progress.textContent = answer.progress;
      if (![...rows.values()].some((row) => row.unsent)) standing(answer.state);
    } catch { /* it is looked at again when somebody comes back */ }
  }

  // What people do --------------------------------------------------------------------------------------------------------------
  for (const element of page.querySelectorAll("[data-item]")) rows.set(element.dataset.item, new Row(element));
  const rowOf = (target) => rows.get(target.name?.slice(2));
  const list = [...rows.values()];

  page.addEventListener("input", ({ target }) => {
    const row = rowOf(target);
    if (!row) return;
    row.keep();
    if (row.kind && row.text() !== row.refused) row.show({ kind: "", lines: [], buttons: [], saved: "" });
    later(target.type === "radio" ? 0 : IDLE);
  });
  page.addEventListener("focusout", ({ target }) => {
    const row = rowOf(target);
    if (!row) return;
    if (row.unsent) later(0);
    else setTimeout(() => { if (row.reply && !row.focused) { row.show(row.reply); standing(state.textContent.split(" · ")[0]); } });
  });
  page.addEventListener("keydown", (event) => {
    const row = rowOf(event.target);
    if (event.key !== "Enter" || !row || event.target.tagName !== "INPUT") return;
    event.preventDefault();      // on to the next field, as on paper
    const fields = [...page.querySelectorAll("input:not([type=hidden]), textarea")].filter((input) => input.checkVisibility?.() ?? true);
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
    else byId("review").focus();
  });
  page.addEventListener("submit", (event) => {
    event.preventDefault();
    const does = event.submitter?.value ?? "save";
    if (does === "review") toReview();
    else if (does === "save") saveAll();
    else save(does, does.split(" ")[1]);
  });

  async function saveAll() {     // true once all is saved and nothing is asked back
    if (!await save()) return false;
    list.forEach((row) => row.reply && row.show(row.reply));
    return !summarise();
  }

  async function toReview() {
    if (await saveAll()) location.assign(told.review);
  }

  function summarise() {
    const asked = list.filter((row) => row.kind);
    summary.hidden = !asked.length;
    summary.querySelector("ul").replaceChildren(...asked.map((row) => {
      const link = make("a", "", `${codeOf(row)}: ${row.answer.querySelector(".line")?.textContent ?? ""}`);
      link.href = `#v-${row.item}`;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        row.inputs[0].closest("details")?.setAttribute("open", "");
        row.inputs[0].focus();
      });
      return make("li", "", link);
    }));
    if (asked.length) { summary.focus(); summary.scrollIntoView({ block: "start" }); }
    return asked.length;
  }
  const codeOf = (row) => row.inputs[0].closest(".row").querySelector("label, legend").textContent.split(". ")[0];

  const letters = make("button", "", told.letters);
  Object.assign(letters, { type: "button", id: "letters" });
  letters.addEventListener("click", () => {
    const digits = letters.textContent === told.letters;
    letters.textContent = digits ? told.digits : told.letters;
    page.querySelectorAll("[inputmode]").forEach((input) => { input.inputMode = digits ? "text" : "decimal"; });
  });
  page.prepend(letters);

  addEventListener("online", () => { wait = FIRST_WAIT; save(); });
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save("", null, true); else save().then(look); });
  addEventListener("focus", look);

  // What was typed here before and never arrived.
  for (const row of list) {
    if (row.open) { row.keep(); continue; }     // typed while this script was on its way
    const kept = shelf.get(row.item);
    if (!kept || typeof kept.raw !== "string") continue;
    if (kept.raw === row.raw() && (!row.why || kept.why === row.why.value)) { shelf.drop(row.item); continue; }
    row.put(kept.raw);
    if (row.why) { row.why.value = kept.why; row.inputs[0].closest("details")?.setAttribute("open", ""); }
    row.mark.value = kept.seen;
    row.refused = null;
  }
  if (list.some((row) => row.unsent)) save();
  const asked = byId(decodeURIComponent(location.hash.slice(1)));      // from "Sửa" on the review
  if (asked) { asked.closest("details")?.setAttribute("open", ""); (asked.querySelector("input") ?? asked).focus(); }
})();
