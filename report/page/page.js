(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var panel = document.getElementById("panel");
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-sub]"));
  var opener = null;

  // el makes an element; whatever is text stays text.
  function el(tag, props) {
    var e = document.createElement(tag);
    for (var k in props || {}) {
      if (props[k] === false || props[k] == null) continue;
      if (k === "text") e.textContent = props[k]; else e.setAttribute(k, props[k]);
    }
    for (var i = 2; i < arguments.length; i++) if (arguments[i]) e.append(arguments[i]);
    return e;
  }
  function line(n) {
    if (!n) return null;
    return data.linked ? el("a", { "class": "mono quiet", href: "#L" + n, text: "line " + n }) : el("span", { "class": "mono quiet", text: "line " + n });
  }
  function fact(dl, name, value) {
    if (!value) return;
    dl.append(el("dt", { text: name }), typeof value === "string" ? el("dd", { text: value }) : el("dd", {}, value));
  }
  function table(into, title, heads, items) {
    into.append(el("h3", { text: title }));
    if (!items || !items.length) { into.append(el("p", { "class": "none", text: "None." })); return; }
    var tr = el("tr"), body = el("tbody");
    heads.forEach(function (h) { tr.append(el("th", { text: h })); });
    items.forEach(function (cells) {
      var r = el("tr");
      cells.forEach(function (c) { r.append(el("td", { text: c })); });
      body.append(r);
    });
    into.append(el("table", {}, el("thead", {}, tr), body));
  }

  function show(i, button) {
    var s = data.subs[i];
    panel.textContent = "";
    var close = el("button", { type: "button", "class": "close", text: "Close" });
    close.addEventListener("click", hide);
    panel.append(close, el("h2", { id: "panel-title", text: s.name }));
    var dl = el("dl", { "class": "facts" });
    fact(dl, "Workload", s.title ? s.title + " (" + s.place + ")" : s.place);
    fact(dl, "Owner", s.owner);
    fact(dl, "Lies in", s.parents || "nowhere: the group is not named");
    fact(dl, "State", s.exists ? "exists; adopted" : "to be made");
    fact(dl, "Regions", (s.regions || []).join(", "));
    fact(dl, "Budget", s.budget + (s.budget === "no budget" ? "" : " a month"));
    (s.of || []).forEach(function (x, n) { fact(dl, n ? " " : "Made of", x); });
    (s.unpriced || []).forEach(function (x, n) { fact(dl, n ? " " : "Not priced", x); });
    if (s.line) fact(dl, "Asked for by", line(s.line));
    panel.append(dl, el("h3", { text: "Resource groups" }));
    (s.groups || []).forEach(function (g) {
      var ul = el("ul");
      (g.items || []).forEach(function (it) {
        ul.append(el("li", {}, el("span", { "class": "mono", text: it[0] + " " }), line(it[3]), el("p", { text: it[2] || it[1] })));
      });
      if (g.rest) ul.append(el("li", { "class": "rest", text: "and " + g.rest }));
      panel.append(el("div", { "class": "rg" }, el("h4", {}, el("b", { "class": "mono", text: g.name }), el("span", { text: g.region })), ul));
    });
    table(panel, "Network ranges", ["Network", "Range", "Subnet", "Range"], s.networks);
    table(panel, "Tags", ["Key", "Value"], s.tags);
    table(panel, "Policies", ["Assignment", "Effect"], (data.policies[s.policy] || []).map(function (p) { return [p[0], p[1] || "the definition's"]; }));
    table(panel, "Access", ["Who", "Role", "Where"], s.access);
    if (s.answers && s.answers.length) {
      panel.append(el("h3", { text: "Decisions" }));
      var ul = el("ul", { "class": "list" });
      s.answers.forEach(function (n) {
        var a = data.answers[n];
        ul.append(el("li", {}, el("span", { "class": "quiet", text: a[1] + " " }), el("a", { href: "#" + a[0], text: a[2] })));
      });
      panel.append(ul);
    }
    if (opener) opener.setAttribute("aria-expanded", "false");
    opener = button || null;
    if (opener) opener.setAttribute("aria-expanded", "true");
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
    history.replaceState(null, "", "#s-" + encodeURIComponent(s.name));
  }
  function hide() {
    if (panel.hidden) return;
    panel.hidden = true;
    if (opener) { opener.setAttribute("aria-expanded", "false"); opener.focus({ preventScroll: true }); }
    opener = null;
    if (location.hash.indexOf("#s-") === 0) history.replaceState(null, "", location.pathname + location.search);
  }
  document.addEventListener("keydown", function (e) {
    if (e.key === "Escape") hide();
    if (e.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { e.preventDefault(); search.focus(); }
  });
  document.addEventListener("click", function (e) {
    var button = e.target.closest && e.target.closest("button.sub");
    if (button) { show(+button.parentNode.dataset.sub, button); return; }
    var more = e.target.closest && e.target.closest("[data-more]");
    if (more) {
      more.parentNode.parentNode.querySelectorAll(":scope > .later").forEach(function (li) { li.hidden = false; li.classList.remove("later"); });
      more.parentNode.remove();
      mark();
      return;
    }
    var link = e.target.closest && e.target.closest('a[href^="#"]');
    if (link) { if (!go(link.getAttribute("href"))) { if (matchMedia("(max-width: 1000px)").matches) hide(); } else e.preventDefault(); }
    else if (!panel.hidden && !panel.contains(e.target)) hide();
  });

  // go opens what a deep link names: a subscription, a decision.
  function go(hash) {
    var id = decodeURIComponent(hash.slice(1));
    var at = id && document.getElementById(id);
    if (!at) return false;
    if (at.dataset.sub) {
      at.hidden = false;
      at.scrollIntoView({ block: "center" });
      show(+at.dataset.sub, at.querySelector("button"));
      return true;
    }
    if (at.tagName === "DETAILS") { at.open = true; at.hidden = false; }
    return false;
  }
  window.addEventListener("hashchange", function () { go(location.hash); });

  // Search: what does not hold all words is hidden, sections without a rest too.
  var search = document.getElementById("search"), hits = document.getElementById("hits");
  var items = null;
  function index() {
    items = rows.map(function (e) {
      return { e: e, text: (e.textContent + JSON.stringify(data.subs[+e.dataset.sub])).toLowerCase(), sub: true };
    });
    document.querySelectorAll("[data-f]").forEach(function (e) { items.push({ e: e, text: e.textContent.toLowerCase() }); });
  }
  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!items) index();
    var n = 0;
    items.forEach(function (i) {
      var on = words.every(function (w) { return i.text.indexOf(w) >= 0; });
      if (on && words.length) n++;
      i.e.hidden = words.length ? !on : i.sub && i.e.classList.contains("later");
    });
    document.querySelectorAll(".tree li:not([data-sub])").forEach(function (li) {
      li.hidden = words.length > 0 && !li.querySelector("[data-sub]:not([hidden])");
    });
    document.querySelectorAll("main > section").forEach(function (s) {
      var all = s.querySelectorAll("[data-f], [data-sub]");
      s.classList.toggle("empty", words.length > 0 && (all.length === 0 || !s.querySelector("[data-f]:not([hidden]), [data-sub]:not([hidden])")));
      s.hidden = s.classList.contains("empty");
    });
    mark();
    hits.textContent = words.length ? n + " found" : "";
  }
  // mark says which children of a group are the first and the last to be seen,
  // so that its line ends there.
  function mark() {
    document.querySelectorAll(".root ul").forEach(function (ul) {
      var seen = Array.prototype.filter.call(ul.children, function (li) { return !li.hidden; });
      seen.forEach(function (li, i) {
        li.classList.toggle("first", i === 0);
        li.classList.toggle("last", i === seen.length - 1);
      });
    });
  }
  document.body.classList.add("marked");
  mark();
  var wait = 0;
  search.addEventListener("input", function () { clearTimeout(wait); wait = setTimeout(filter, 80); });

  var unfold = document.getElementById("unfold");
  unfold.addEventListener("click", function () {
    var on = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", on);
    unfold.textContent = on ? "Fold all" : "Unfold all";
    document.querySelectorAll(".decision").forEach(function (d) { d.open = on; });
  });
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (d) { d.open = true; });
    document.querySelectorAll(".later").forEach(function (li) { li.hidden = false; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (d) { d.open = false; });
    document.querySelectorAll(".later").forEach(function (li) { li.hidden = true; });
  });
  if (location.hash) go(location.hash);
})();
