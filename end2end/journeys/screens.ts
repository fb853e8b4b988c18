import { type Page, expect } from "@playwright/test";

/** A screen: its address, that with what it is called, or the link to it, on a page or on those that the page leads to; and what opens on it. */
export type Screen = string | (Found & { name: string; opens?: (page: Page) => Promise<void> });

type Found = { address: string } | { from: string; to: string; through?: string };

const VISITS = "main a[href^='/patients/'], main a[href^='/visits/']:not([href*='/slip'])";

/** A screen as it was an hour ago. */
const earlier = (path: string): Screen => ({
  name: `${nameOf(path)}-earlier`,
  address: `${path}?asOf=${new Date(Date.now() - 3_600_000).toISOString()}`,
});

/** A form that opens on a card of the laboratory. */
const form = (event: string, stage: string): Screen => ({
  name: `lab-form-${event.toLowerCase().replaceAll("_", "-")}`,
  from: `/lab?stage=${stage}`,
  to: `main a[href*='do=${event}']`,
});

/** The list of keys; they are heard once the islands are awake. */
async function keys(page: Page) {
  await expect(async () => {
    await page.keyboard.press("?");
    await expect(page.locator("dialog#keys")).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
}

/** The menu of who is signed in. */
async function account(page: Page) {
  await page.locator("details.account > summary").click();
  await expect(page.locator("details.account .menu-panel")).toBeVisible();
}

/** The same screen in Hindi, and it alone. */
async function inHindi(page: Page) {
  await page.context().addCookies([{ name: "language", value: "hi", url: page.url() }]);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "hi");
  await page.context().clearCookies({ name: "language" });
}

/** A form that opens below somebody's row at the reception. */
const step = (event: string): Screen => ({
  name: `reception-form-${event.toLowerCase().replaceAll("_", "-")}`,
  from: "/reception",
  to: `main a[href*='do=${event}']`,
});

/** Every screen, with somebody of the demo hospital who works at it. A test of the suite holds it against the router. */
export const SCREENS: [who: string, screens: Screen[]][] = [
  ["reception", [
    "/reception", "/reception?q=a", "/reception?register=new", "/reception/closing", "/reception/calls", "/bookings", "/billing/cash-up",
    "/queue/consultation", "/queue/lab", "/queue/billing", "/billing", "/patients", "/bookings?patient=new",
    step("VISIT_ASSIGNED"), step("QUEUE_JOINED"), step("VISIT_CANCELLED"),
    { name: "visit-form", from: "/queue/consultation", to: "main a[href^='/visits/'][href*='do=']" },
    {
      name: "booking-a-time", from: "/patients?q=a", through: "main a[href^='/patients/']",
      to: "main a[href^='/bookings?patient=']:not([href$='=new'])",
    },
    { name: "forbidden", address: "/admin" },
    { name: "hindi", address: "/reception?register=new", opens: inHindi },
    { name: "keys", address: "/patients", opens: keys },
    { name: "account-menu", address: "/patients", opens: account },
    { name: "booking", from: "/bookings", to: "main a[href^='/bookings/']" },
    { name: "receipt", from: "/patients?q=a", through: VISITS, to: "a[href$='/receipt']" },
    earlier("/queue/consultation"), earlier("/queue/lab"), earlier("/billing"),
  ]],
  ["doctor", [
    "/doctor", "/doctor?tab=prescribe", "/doctor?tab=tests", "/doctor?tab=results", "/doctor?tab=vitals", "/doctor?tab=visits",
    "/doctor?tab=refer", "/doctor?tab=followup",
    {
      name: "letter",
      from: "/doctor?tab=prescribe",
      through: "a[href*='tab=prescribe'], a[href*='tab=refer'], a[href^='/doctor?visit=']:not([href*='tab='])",
      to: "a[href*='/letters/']",
    },
  ]],
  ["lab", [
    "/lab?stage=collect", "/lab?stage=collected", "/lab?stage=running", "/lab?stage=report", "/lab?stage=handover",
    form("TEST_SAMPLE_COLLECTED", "collect"), form("TEST_CANCELLED", "collect"), form("TEST_IN_PROGRESS", "collected"),
    form("TEST_COMPLETED", "running"), form("TEST_SAMPLE_REJECTED", "running"), form("REPORT_DELIVERED", "handover"),
    { name: "label", from: "/lab?stage=running", to: "a[href$='/label']" },
    { name: "report", from: "/lab?stage=handover", to: "a[href$='/report']" },
  ]],
  ["pathologist", ["/lab?stage=review", "/lab?stage=approve", form("TEST_REVIEWED", "review")]],
  ["manager", [
    "/analytics", "/analytics?period=today&measure=consultation-wait", "/analytics/journeys", "/analytics/breaches", "/analytics/visits",
    "/analytics/targets",
    "/analytics/follow-ups", "/analytics/refused",
    { name: "patient", from: "/patients?q=a", to: "main a[href^='/patients/']" },
    { name: "journey", from: "/patients?q=a", through: "main a[href^='/patients/']", to: "main a[href^='/visits/']" },
    { name: "journey-earlier", from: "/patients?q=a", through: VISITS, to: "main a[href*='?version=']" },
    { name: "refund-slip", from: "/billing/cash-up", to: "main a[href*='/refunds/']" },
  ]],
  ["admin", [
    "/admin", "/admin/house", "/admin/tariff", "/admin/rules", "/admin/tokens", "/admin/projections", "/api/docs",
    { name: "person", from: "/admin", to: "main a[href^='/admin/people/']" },
    { name: "tariff-entry", from: "/admin/tariff", to: "main tr:last-child a[href^='/admin/tariff/']" },
  ]],
  ["auditor", ["/audit", "/audit/events", "/patients", "/billing", "/nowhere"]],
];

/** What a screen is called. */
export function nameOf(screen: Screen): string {
  if (typeof screen !== "string") return screen.name;
  return screen.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "home";
}

/** The address of a screen; the page looks for the link to it, and follows each way to its end first. */
export async function addressOf(page: Page, screen: Screen): Promise<string> {
  if (typeof screen === "string") return screen;
  if ("address" in screen) return screen.address;
  const { from, through, to } = screen;
  const ways = [from];
  const seen = new Set(ways);
  for (let way = ways.shift(); way && seen.size < 200; way = ways.shift()) {
    await page.goto(way);
    const hrefs = (links: string) =>
      page.locator(links).evaluateAll((found) => found.map((link) => link.getAttribute("href") ?? ""));
    const [address] = await hrefs(to);
    if (address) return address;
    const further = through ? (await hrefs(through)).filter((href) => !seen.has(href)) : [];
    further.forEach((href) => seen.add(href));
    ways.unshift(...new Set(further));
  }
  throw new Error(`no link leads from ${from} to ${screen.name}`);
}

/** Opens a screen, and what opens on it. Gives its address. */
export async function show(page: Page, screen: Screen): Promise<string> {
  const address = await addressOf(page, screen);
  await page.goto(address);
  if (typeof screen !== "string") await screen.opens?.(page);
  return address;
}
