// The consent tools' answers, as their documentation shows them, against what the script makes of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./page.mjs";

// What was sent of one event that happened before the tool said anything, and one after.
async function tell(page) {
  page.scope.airlock("contact");
  await page.pass();
  return page.bodies.map(({ event }) => event);
}

const open = (name, before) => run(name, { before });

test("OneTrust: nothing until the banner is closed, then its targeting group", async () => {
  for (const [groups, sent] of [
    [",C0001,C0004,", ["lead", "contact"]],
    [",C0001,C0002,", []]
  ]) {
    let closed = false;
    const page = open("onetrust.js", scope => {
      scope.OneTrust = { IsAlertBoxClosed: () => closed };
      scope.OnetrustActiveGroups = ",C0001,C0004,";
    });
    page.scope.airlock("lead");
    page.fire("OneTrustGroupsUpdated", ["C0001", "C0004"]);
    await page.pass();
    assert.equal(page.sent.length, 0, "an active group without a choice counted");
    closed = true;
    page.scope.OnetrustActiveGroups = groups;
    page.fire("OneTrustGroupsUpdated", []);
    assert.deepEqual(await tell(page), sent);
  }
});

test("OneTrust: a choice that was made before the script came", async () => {
  const page = open("onetrust.js", scope => {
    scope.OneTrust = { IsAlertBoxClosed: () => true };
    scope.OnetrustActiveGroups = ",C0001,C0004,";
  });
  assert.deepEqual(await tell(page), ["contact"]);
});

test("Cookiebot: an explicit answer with its moment; an implied one is none", async () => {
  const answer = (marketing, method) => ({
    hasResponse: true,
    consentUTC: new Date(1795000000000),
    consent: { marketing, statistics: false, method }
  });
  for (const [cookiebot, sent] of [
    [answer(true, "explicit"), ["lead", "contact"]],
    [answer(false, "explicit"), []],
    [answer(true, "implied"), []],
    [{ hasResponse: false, consent: { marketing: true, method: null } }, []]
  ]) {
    const page = open("cookiebot.js");
    page.scope.airlock("lead");
    page.scope.Cookiebot = cookiebot;
    page.fire("CookiebotOnConsentReady");
    assert.deepEqual(await tell(page), sent);
    for (const { consent } of page.bodies) assert.equal(consent.at, 1795000000000);
  }
});

test("TCF: all four purposes, once the visitor has chosen, with the moment in the string", async () => {
  const all = { 1: true, 2: false, 3: true, 4: true, 7: true };
  for (const [data, sent] of [
    [{ eventStatus: "useractioncomplete", consents: all }, ["lead", "contact"]],
    [{ eventStatus: "tcloaded", consents: all }, ["lead", "contact"]],
    [{ eventStatus: "cmpuishown", consents: all }, []],
    [{ eventStatus: "tcloaded", consents: all, gdprApplies: false }, []],
    [{ eventStatus: "useractioncomplete", consents: { ...all, 4: false } }, []],
    [{ eventStatus: "useractioncomplete", consents: {} }, []]
  ]) {
    let listener;
    const page = open("tcf.js", scope => (scope.__tcfapi = (command, version, call) => (listener = call)));
    page.scope.airlock("lead");
    const tcString = "CQcXYZA" + "QabcdE" + "AAA";
    listener({ gdprApplies: true, ...data, purpose: { consents: data.consents }, tcString }, true);
    assert.deepEqual(await tell(page), sent);
    // Q a b c d E are 16 26 27 28 29 4
    const moment = ((((16 * 64 + 26) * 64 + 27) * 64 + 28) * 64 + 29) * 64 + 4;
    for (const { consent } of page.bodies) assert.equal(consent.at, moment * 100);
  }
});

test("TCF: a real string's moment", async () => {
  // a string that was made in 2020
  let listener;
  const page = open("tcf.js", scope => (scope.__tcfapi = (command, version, call) => (listener = call)));
  const consents = { 1: true, 3: true, 4: true, 7: true };
  const tcString = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";
  listener({ eventStatus: "tcloaded", purpose: { consents }, tcString }, true);
  await tell(page);
  assert.equal(new Date(page.bodies[0].consent.at).getUTCFullYear(), 2020);
});

test("GPP: only a yes to health data without an opt-out beside it", async () => {
  const stayed = { SaleOptOut: 2, SharingOptOut: 2, TargetedAdvertisingOptOut: 2 };
  const health = answer => ({ ...stayed, SensitiveDataProcessing: [0, 0, answer, 0] });
  for (const [usnat, sent] of [
    [health(2), ["lead", "contact"]],
    [
      [health(2), { Gpc: false }],
      ["lead", "contact"]
    ],
    [health(1), []],
    [health(0), []],
    [{ ...health(2), SaleOptOut: 1 }, []],
    [{ ...health(2), TargetedAdvertisingOptOut: 1 }, []],
    [{ ...health(2), Gpc: true }, []],
    [[health(2), { Gpc: true }], []],
    [undefined, []]
  ]) {
    let listener;
    const page = open("gpp.js", scope => (scope.__gpp = (command, call) => (listener = call)));
    page.scope.airlock("lead");
    const early = { signalStatus: "not ready", parsedSections: { usnat: health(2) } };
    listener({ eventName: "listenerRegistered", pingData: early }, true);
    assert.equal(page.sent.length, 0);
    listener({ eventName: "signalStatus", pingData: { signalStatus: "ready", parsedSections: { usnat } } }, true);
    assert.deepEqual(await tell(page), sent, JSON.stringify(usnat));
  }
});

test("CookieYes: the category advertisement, once there is a choice", async () => {
  const page = open("cookieyes.js");
  page.scope.airlock("lead");
  const detail = { isUserActionCompleted: false, categories: { advertisement: true, analytics: true } };
  page.fire("cookieyes_banner_load", detail, page.scope.document);
  await page.pass();
  assert.equal(page.sent.length, 0);
  page.fire(
    "cookieyes_consent_update",
    { accepted: ["necessary", "advertisement"], rejected: [] },
    page.scope.document
  );
  assert.deepEqual(await tell(page), ["lead", "contact"]);
  page.fire("cookieyes_consent_update", { accepted: ["necessary"], rejected: ["advertisement"] }, page.scope.document);
  assert.deepEqual(await tell(page), ["lead", "contact", "withdrawal"]);
});

test("CookieYes: a choice that was made before the script came", async () => {
  const page = open("cookieyes.js", scope => {
    scope.getCkyConsent = () => ({
      isUserActionCompleted: true,
      categories: { advertisement: true, analytics: false }
    });
  });
  assert.deepEqual(await tell(page), ["contact"]);
});

test("Complianz: marketing, once the banner was dismissed with a choice", async () => {
  const page = open("complianz.js", scope => {
    scope.cmplz_get_banner_status = () => "show";
    scope.cmplz_has_consent = () => true; // its default where it asks for an opt-out
  });
  page.scope.airlock("lead");
  page.fire("cmplz_cookie_warning_loaded", "us", page.scope.document);
  page.fire("cmplz_status_change", { category: "statistics", value: "allow" }, page.scope.document);
  await page.pass();
  assert.equal(page.sent.length, 0);
  page.fire("cmplz_status_change", { category: "marketing", value: "allow" }, page.scope.document);
  assert.deepEqual(await tell(page), ["lead", "contact"]);
  page.fire("cmplz_status_change", { category: "marketing", value: "deny" }, page.scope.document);
  assert.deepEqual(await tell(page), ["lead", "contact", "withdrawal"]);
});

test("Complianz: a choice that was made before the script came", async () => {
  const page = open("complianz.js", scope => {
    scope.cmplz_get_banner_status = () => "dismissed";
    scope.cmplz_has_consent = category => category == "marketing";
  });
  assert.deepEqual(await tell(page), ["contact"]);
});
