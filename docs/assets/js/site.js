/* Colour scheme, search, copy buttons, keyboard access to scroll boxes, the mark in "On this page". */
(function () {
  "use strict";
  var root = document.documentElement;
  var live = document.body.appendChild(document.createElement("div"));
  live.className = "sp-sr";
  live.setAttribute("role", "status");

  function all(selector, scope) {
    return Array.from((scope || document).querySelectorAll(selector));
  }

  /* ---- colour scheme ---- */
  var systemDark = matchMedia("(prefers-color-scheme: dark)");
  var toggle = document.querySelector("[data-scheme-toggle]");

  function isDark() {
    return root.dataset.scheme ? root.dataset.scheme === "dark" : systemDark.matches;
  }

  function nameToggle() {
    toggle.setAttribute("aria-label", "Switch to " + (isDark() ? "light" : "dark") + " mode");
  }

  function switchScheme() {
    var scheme = isDark() ? "light" : "dark";
    root.dataset.scheme = scheme;
    try {
      localStorage.setItem("stackproof.scheme", scheme);
    } catch (error) {
      /* Storage is blocked: the choice holds for this page. */
    }
    nameToggle();
  }

  if (toggle) {
    nameToggle();
    toggle.addEventListener("click", switchScheme);
    systemDark.addEventListener("change", nameToggle);
  }

  /* ---- search: opens at once, so that no key is lost; the rest is loaded on intent ---- */
  var door = document.querySelector("[data-search]");
  var dialog = document.getElementById("sp-searching");
  var base = new URL(door.dataset.search, location).href.replace(/\/?$/, "/");
  var box;

  function loadSearch() {
    box = box || import(base + "assets/js/search/box.js");
    return box;
  }

  /* What fails here is said when the box is open. */
  function warmSearch() {
    loadSearch().then(function (search) { return search.loaded(base); }).catch(function () {});
  }

  function openSearch(event) {
    event.preventDefault();
    if (dialog.open) return;
    var input = dialog.querySelector("input");
    input.value = "";
    dialog.showModal();
    input.focus();
    loadSearch().then(function (search) {
      search.open(base, dialog);
    }).catch(function () {
      box = undefined;
      dialog.querySelector("[role=status]").textContent = "Search could not be loaded. Close it and try again.";
    });
  }

  door.addEventListener("click", function (event) {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) openSearch(event);
  });
  door.addEventListener("keydown", function (event) {
    if (event.key === " ") openSearch(event);
  });
  ["pointerover", "focus"].forEach(function (name) {
    door.addEventListener(name, warmSearch, { once: true });
  });
  dialog.addEventListener("click", function (event) {
    if (event.target === dialog || event.target.closest("button")) dialog.close();
  });
  addEventListener("keydown", function (event) {
    var typing = document.activeElement.closest("input, textarea, select, [contenteditable]");
    var plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    var isSlash = event.key === "/" && plain && !typing;
    if (isSlash || (event.key === "k" && (event.ctrlKey || event.metaKey))) openSearch(event);
  });

  /* ---- what a lost reader may have meant ---- */
  var lost = document.querySelector("[data-lost]");
  if (lost) {
    loadSearch().then(function (search) {
      search.suggest(lost, base);
    }).catch(function () {});
  }

  /* ---- copy ---- */
  function selectText(node) {
    var range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  function report(button, text, done) {
    button.dataset.label = button.dataset.label || button.textContent;
    button.textContent = text;
    button.classList.toggle("sp-copy--done", done);
    live.textContent = text;
    clearTimeout(button.timer);
    button.timer = setTimeout(function () {
      button.textContent = button.dataset.label;
      button.classList.remove("sp-copy--done");
      live.textContent = "";
    }, 2000);
  }

  function copyText(button, text, otherwise) {
    Promise.resolve()
      .then(function () { return navigator.clipboard.writeText(text); })
      .then(function () { report(button, "Copied", true); }, otherwise);
  }

  function copy(code, button) {
    copyText(button, code.textContent, function () {
      /* No clipboard outside a secure context: leave the text selected for the reader's own keys. */
      selectText(code);
      report(button, "Selected", false);
    });
  }

  function copyMarkdown(button, text) {
    copyText(button, text, function () { report(button, "No clipboard here", false); });
  }

  function copyButton(label, what, act) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "sp-copy";
    button.textContent = label;
    button.setAttribute("aria-description", what);
    button.addEventListener("click", function () { act(button); });
    return button;
  }

  function codeButton(code, what) {
    return copyButton("Copy", what, function (button) { copy(code, button); });
  }

  all("pre > code").forEach(function (code) {
    var pre = code.parentNode;
    var box = pre.closest(".highlight");
    if (!box) {
      box = document.createElement("div");
      box.className = "highlight";
      pre.replaceWith(box);
      box.append(pre);
    }
    var name = box.parentNode.querySelector(":scope > .sp-file__name");
    box.append(codeButton(code, name ? name.textContent.trim() : "this code"));
  });

  function copyPage(address, button) {
    /* Some browsers give the clipboard only while the click is handled: they get the text as a promise. */
    var text = fetch(address).then(function (answer) {
      if (!answer.ok) throw new Error(answer.statusText);
      return answer.blob();
    }).then(function (found) { return new Blob([found], { type: "text/plain" }); });
    Promise.resolve()
      .then(function () { return navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]); })
      .then(function () { report(button, "Copied", true); }, function () { report(button, "Not copied", false); });
  }

  all("[data-markdown]").forEach(function (link) {
    link.before(copyButton("Copy page", "as Markdown", function (button) { copyPage(link.href, button); }));
  });

  all("[data-copy]").forEach(function (code) {
    code.after(codeButton(code, code.textContent.trim()));
  });

  /* ---- scroll boxes: a tab stop exactly while there is something to scroll ---- */
  function setFocusable(box) {
    var overflows = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (overflows && getComputedStyle(box).overflowX !== "visible") {
      box.tabIndex = 0;
    } else {
      box.removeAttribute("tabindex");
    }
  }

  var sizes = new ResizeObserver(function (entries) {
    entries.forEach(function (entry) { setFocusable(entry.target); });
  });
  all("pre, .sp-scroll, .sp-install__line > code").forEach(function (box) {
    if (!box.hasAttribute("role")) {
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Code");
    }
    sizes.observe(box);
  });

  /* Tables written in Markdown have no scroll box of their own. */
  all(".sp-prose table:not([class])").forEach(function (table) {
    var box = document.createElement("div");
    box.className = "sp-scroll";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Table");
    table.replaceWith(box);
    box.append(table);
    sizes.observe(box);
  });

  /* ---- comparisons ---- */
  function withComparisons(part, start) {
    import(base + "assets/js/compare/" + part + ".js").then(start).catch(function () {
      all("[data-tools], [data-compare]").forEach(function (one) { one.hidden = true; });
    });
  }

  var chooser = document.querySelector("form[data-compare]");
  if (chooser) {
    withComparisons("page", function (page) { page.start(chooser, copyMarkdown); });
  }
  if (document.querySelector("[data-tools]")) {
    withComparisons("tools", function (tools) { tools.start(copyMarkdown); });
  }

  /* ---- on this page ---- */
  var links = all(".sp-toc a");
  var headings = links.map(function (link) {
    return document.getElementById(decodeURIComponent(link.hash.slice(1)));
  });

  function markCurrent() {
    var current = 0;
    headings.forEach(function (heading, index) {
      if (heading && heading.getBoundingClientRect().top < 120) current = index;
    });
    links.forEach(function (link, index) {
      if (index === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  if (links.length) {
    var waiting = false;
    addEventListener("scroll", function () {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(function () {
        waiting = false;
        markCurrent();
      });
    }, { passive: true });
    markCurrent();
  }

  /* ---- without a network: what was read stays readable, where the site is published ---- */
  var canonical = document.querySelector("link[rel=canonical]");

  function keepWhatIsRead() {
    var read = performance.getEntriesByType("resource").map(function (entry) { return entry.name; });
    var own = read.concat(location.href.replace(/#.*/, "")).filter(function (one) { return one.startsWith(base); });
    navigator.serviceWorker.register(base + "offline.js")
      .then(function () { return navigator.serviceWorker.ready; })
      .then(function (ready) { ready.active.postMessage(own); })
      .catch(function () {});
  }

  /* A site that is being written would keep old pages of whatever else has its port next. */
  if (navigator.serviceWorker && canonical && canonical.href.startsWith(base)) {
    addEventListener("load", keepWhatIsRead);
  }
})();
