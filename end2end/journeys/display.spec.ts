import { type Browser, type Page, expect, test } from "@playwright/test";
import { expectLogged, register, signIn } from "./hospital.ts";

/** Calls a new patient, and gives the token. */
async function call(reception: Page, patient: string): Promise<string> {
  await register(reception, patient);
  await reception.goto("/queue/consultation");
  const ticket = reception.locator(".ticket", { hasText: patient });
  const token = await ticket.locator(".token").innerText();
  await ticket.getByRole("button", { name: "Call", exact: true }).click();
  await expectLogged(reception, "Called");
  return token;
}

/** The display of the reception's house, in a browser that nobody is signed in on. */
async function open(browser: Browser, reception: Page): Promise<{ display: Page; address: string }> {
  await reception.goto("/queue/consultation");
  const address = await reception.getByRole("link", { name: "Waiting-room display" }).getAttribute("href");
  return { display: await (await browser.newContext()).newPage(), address: address ?? "" };
}

for (const [width, height] of [[1920, 1080], [1280, 800]]) {
  test(`the display is read from the last row, and nothing of it is cut, ${width} by ${height}`, async ({ browser }) => {
    const reception = await signIn(browser, "reception");
    for (const patient of ["Far Reader", "Near Reader"]) await call(reception, `${patient} ${width}`);
    const { display, address } = await open(browser, reception);
    await display.setViewportSize({ width, height });
    await display.goto(address);
    const size = (selector: string) =>
      display.locator(selector).first().evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    const board = Math.min(Math.max(64, height * 0.12), 200);
    expect(await size(".display-token")).toBeGreaterThanOrEqual(board);
    expect(await size(".display-place")).toBeGreaterThanOrEqual(board / 2);
    expect(await size(".display-before li")).toBeGreaterThanOrEqual(board / 2);
    for (const part of [".display", ".display-head", ".display-now", ".display-before", ".display-stations"]) {
      const cut = await display.locator(part).evaluate(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
        Math.max(scrollWidth - clientWidth, scrollHeight - clientHeight));
      // Letters may reach a part of a pixel over their line.
      expect(cut, part).toBeLessThanOrEqual(1);
    }
  });
}

interface Heard { notes: number; said: string[] }

const heardOn = (display: Page) => display.evaluate(() => (window as unknown as { heard: Heard }).heard);

test("the display chimes and speaks where that is switched on, and remembers it", async ({ browser }) => {
  const reception = await signIn(browser, "reception");
  const { display, address } = await open(browser, reception);
  // No machine that runs this has a loudspeaker: what would be heard is written down.
  await display.addInitScript(() => {
    const heard: Heard = { notes: 0, said: [] };
    const level = () => ({ value: 0, setValueAtTime: () => level(), exponentialRampToValueAtTime: () => level() });
    class Sound {
      state = "running";
      currentTime = 0;
      destination = {};
      resume() { return Promise.resolve(); }
      createGain() { return { gain: level(), connect: (to: unknown) => to }; }
      createOscillator() {
        return { frequency: level(), connect: (to: unknown) => to, start: () => { heard.notes += 1; }, stop: () => {} };
      }
    }
    const speechSynthesis = { speak: ({ text }: { text: string }) => { heard.said.push(text); } };
    for (const [name, value] of Object.entries({ heard, speechSynthesis, AudioContext: Sound })) {
      Object.defineProperty(window, name, { value, configurable: true });
    }
  });
  await display.goto(address);
  await expect(display.locator("#live")).toHaveText("Live");
  const [chime, speech] = ["chime", "speech"].map((name) => display.locator(`[data-switch=${name}]`));
  await expect(chime).toHaveAttribute("aria-pressed", "false");
  expect(await heardOn(display)).toEqual({ notes: 0, said: [] });
  for (const pressed of [chime, speech]) {
    await pressed.click();
    await expect(pressed).toHaveAttribute("aria-pressed", "true");
  }
  // Who switches the chime on hears it.
  await expect.poll(async () => (await heardOn(display)).notes).toBeGreaterThan(1);
  const { notes } = await heardOn(display);

  const token = await call(reception, "Heard Caller");
  const called = display.locator("[data-say]", { hasText: token });
  await expect(called).toBeVisible();
  const words = (await called.getAttribute("data-say")) ?? "";
  expect(words).toMatch(/^Token /);
  await expect.poll(async () => (await heardOn(display)).said).toContain(words);
  expect((await heardOn(display)).notes).toBeGreaterThan(notes);

  await display.reload();
  for (const kept of [chime, speech]) await expect(kept).toHaveAttribute("aria-pressed", "true");
});
