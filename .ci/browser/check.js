// Opens reports as file:// in Chromium and holds them against what a reader
// expects. Arguments: pairs of a report and the name of a subscription in it.
// CHROMIUM names the browser; SHOTS, where set, a folder for pictures.
"use strict";
const { chromium } = require("playwright-core");
const path = require("path");
const { pathToFileURL } = require("url");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let failed = 0;
function want(ok, what) {
  if (!ok) { failed++; console.log("FAIL " + what); }
}

async function check(browser, file, sub) {
  const url = pathToFileURL(path.resolve(file)).href;
  const name = path.basename(file);
  for (const [form, width, colorScheme] of [["light", 1400, "light"], ["dark", 1400, "dark"], ["narrow", 420, "light"], ["tablet", 800, "dark"]]) {
    const page = await browser.newPage({ viewport: { width, height: 1100 }, colorScheme });
    const said = [], asked = [];
    page.on("console", m => { if (m.type() === "error" || m.type() === "warning") said.push(m.text()); });
    page.on("pageerror", e => said.push(String(e)));
    page.on("dialog", d => { said.push("a dialog: " + d.message()); d.dismiss(); });
    page.on("request", r => { if (r.url().split("#")[0] !== url) asked.push(r.url()); });
    await page.goto(url);
    const at = `${name} ${form}: `;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    want(wide <= 0, at + `overflows by ${wide} px`);
    const shot = async what => { if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `${name}-${form}-${what}.png`) }); };
    await shot("top");

    // A click shows a subscription, Escape hides it.
    const button = page.locator("button.sub", { hasText: sub }).first();
    await button.click();
    const panel = page.locator("#panel");
    want(await panel.isVisible(), at + "a click does not show the subscription");
    want((await panel.locator("h2").textContent()) === sub, at + "the panel is not about " + sub);
    for (const head of ["Resource groups", "Network ranges", "Tags", "Policies", "Access", "Decisions"])
      want(await panel.getByText(head, { exact: true }).count() > 0, at + `the panel has no ${head}`);
    want(await panel.locator(".rg li").count() > 0, at + "the panel shows no resources");
    const inside = await panel.evaluate(p => p.scrollWidth - p.clientWidth);
    want(inside <= 0, at + `the panel overflows by ${inside} px`);
    await shot("panel");
    await page.keyboard.press("Escape");
    want(!await panel.isVisible(), at + "Escape does not hide the panel");
    want(await button.evaluate(b => b === document.activeElement), at + "the focus does not go back");

    // The keyboard alone.
    await page.keyboard.press("Enter");
    want(await panel.isVisible(), at + "Enter does not show the subscription");
    await page.keyboard.press("Escape");

    // Search.
    const all = await page.locator("[data-sub]:not([hidden])").count();
    await page.fill("#search", sub);
    await page.waitForFunction(() => document.getElementById("hits").textContent !== "");
    want(await page.locator("[data-sub]:not([hidden]) .name", { hasText: sub }).count() > 0, at + "the search does not find " + sub);
    await page.fill("#search", "no such thing anywhere");
    await page.waitForFunction(() => document.getElementById("hits").textContent.startsWith("0 "));
    want(await page.locator("[data-sub]:not([hidden]), [data-f]:not([hidden])").count() === 0, at + "the search shows what it did not find");
    await page.fill("#search", "");
    await page.waitForFunction(() => document.getElementById("hits").textContent === "");
    want(await page.locator("[data-sub]:not([hidden])").count() === all, at + "an empty search does not show everything");

    // Sections, for a look.
    if (process.env.SHOTS) {
      await page.evaluate(() => document.querySelectorAll(".decision").forEach((d, i) => { d.open = i % 9 === 1; }));
      for (const id of await page.evaluate(() => [...document.querySelectorAll("main > section")].map(s => s.id))) {
        await page.evaluate(i => document.getElementById(i).scrollIntoView(), id);
        await shot(id);
      }
      const after = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      want(after <= 0, at + `overflows by ${after} px when unfolded`);
    }

    // Deep links.
    await page.goto("about:blank");
    await page.goto(url + "#s-" + encodeURIComponent(sub));
    want(await panel.isVisible(), at + "a deep link does not show its subscription");
    const decision = await page.locator(".decision").first().getAttribute("id");
    await page.goto("about:blank");
    await page.goto(url + "#" + decision);
    want(await page.locator("#" + decision).evaluate(d => d.open), at + "a deep link does not open its decision");

    want(asked.filter(u => u !== "about:blank").length === 0, at + "asks for " + asked);
    want(said.length === 0, at + "the console says " + said.join(" | "));
    await page.close();
  }
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags });
  try {
    for (let i = 2; i + 1 < process.argv.length; i += 2) await check(browser, process.argv[i], process.argv[i + 1]);
  } finally {
    await browser.close();
  }
  console.log(failed ? failed + " failed" : "ok");
  process.exit(failed ? 1 : 0);
})().catch(e => { console.log("FAIL " + e); process.exit(1); });
