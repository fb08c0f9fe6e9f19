"use strict";
// What a message looks like, on the chat page and in the demo alike.

const bubbles = {
  // The renderer writes <b>, <i> and <blockquote> only, and escapes everything else: those three are built, nothing else is.
  fill(element, shown) {
    if (!shown.html) { element.textContent = shown.text; return; }
    const parsed = new DOMParser().parseFromString(shown.text, "text/html").body;
    const copy = (from, to) => from.childNodes.forEach((node) => {
      if (node.nodeType === Node.TEXT_NODE) { bubbles.words(to, node.textContent); return; }
      const tag = node.nodeName.toLowerCase();
      const next = ["b", "i", "blockquote"].includes(tag) ? document.createElement(tag) : document.createElement("span");
      copy(node, next);
      to.append(next);
    });
    element.replaceChildren();
    copy(parsed, element);
  },

  // An address in the bot's own words can be tapped: its pages are reached by links.
  words(to, text) {
    for (const piece of text.split(/(https?:\/\/[^\s<>"“”]+[^\s<>"“”.,;:!?)])/)) {
      if (!/^https?:\/\//.test(piece)) { to.append(piece); continue; }
      const link = document.createElement("a");
      link.href = piece;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.textContent = piece;
      to.append(link);
    }
  },

  // `file(sha256)` gives a file's address, `download(name)` the words of its link, `tap(button)` is called when a choice is made.
  draw(bubble, shown, {file, download, tap}) {
    bubble.className = `bubble ${shown.author}`;
    bubble.replaceChildren();
    if (shown.kind === "picture" && shown.sha256) {
      const image = document.createElement("img");
      image.src = file(shown.sha256);
      image.alt = shown.text;
      const large = document.createElement("a");      // a tap shows it as large as the phone can
      large.href = image.src;
      large.target = "_blank";
      large.rel = "noopener noreferrer";
      large.append(image);
      bubble.append(large);
    }
    const words = document.createElement("div");
    words.className = "text";
    bubbles.fill(words, shown);
    bubble.append(words);
    if (shown.kind === "file" && shown.sha256) {
      const link = document.createElement("a");
      link.href = file(shown.sha256);
      link.download = shown.name;
      link.textContent = download(shown.name);
      bubble.append(link);
    }
    if (shown.buttons?.length) bubble.append(bubbles.choices(shown.buttons, tap));
  },

  // Where the page has just moved, another button stands under the thumb than the one it aimed at: no tap counts until it is still again.
  // Keys do, for they aim at nothing.
  watch(...elements) {
    let still = 0;
    const moved = () => {
      document.body.classList.add("moving");
      clearTimeout(still);
      still = setTimeout(() => document.body.classList.remove("moving"), 500);
    };
    const changes = new MutationObserver(moved), sizes = new ResizeObserver(moved);
    for (const element of elements) {
      changes.observe(element, {childList: true, subtree: true, characterData: true});
      sizes.observe(element);
      element.addEventListener("load", moved, true);      // a picture has got its height
    }
  },

  // The choices of an answer are off from the first tap until something is answered, or the tap has not arrived.
  again(log) { log.querySelectorAll(".choices button:disabled").forEach((button) => { button.disabled = false; }); },

  choices(rows, tap) {
    const box = document.createElement("div");
    box.className = "choices";
    for (const row of rows) {
      const line = document.createElement("div");
      line.className = "row";
      for (const button of row) {
        const element = document.createElement("button");
        element.type = "button";
        element.textContent = button.label;
        element.addEventListener("click", () => {
          box.querySelectorAll("button").forEach((each) => { each.disabled = true; });
          tap(button);
        });
        line.append(element);
      }
      box.append(line);
    }
    return box;
  },
};
