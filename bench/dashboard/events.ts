import type { Browser } from "playwright-core";
import { RawClient } from "../gateway/client.ts";
import { progress } from "../measure.ts";
import { newVisitor } from "./browser.ts";
import { type Drawn, drawn, openFloor } from "./drawing.ts";
import type { Stage } from "./stage.ts";
import { framesOf } from "./watch.ts";

/** A page while calls end, and the feed tells of each. */
export interface Told {
  readonly page: string;
  readonly rounds: readonly Drawn[];
}

/** What is looked at meanwhile: its path, and what is there when it is. */
const PAGES = [
  { name: "overview", path: "/", shows: ".figures" },
  { name: "history", path: "/history", shows: ".history-frame" },
] as const;
const ROUND_MS = 5_000;
/** Until as many events come as calls are made. */
const SETTLE_MS = 1_500;

export async function watchEvents(
  browser: Browser,
  stage: Stage,
  { rate, rounds }: { readonly rate: number; readonly rounds: number },
): Promise<readonly Told[]> {
  const context = await newVisitor(browser, stage);
  const floor = await openFloor(browser);
  const all = new Map<string, Drawn[]>(PAGES.map(({ name }) => [name, []]));
  const calls = callSteadily(stage, rate);
  try {
    for (let round = 0; round < rounds; round += 1) {
      progress(`${rate} events/s, round ${round + 1}`);
      for (const { name, path, shows } of PAGES) {
        // The calls go on: what they take from an empty page is the floor.
        const empty = await floor.frames(ROUND_MS);
        const page = await context.newPage();
        await page.goto(stage.site + path);
        await page.locator(shows).waitFor();
        await page.waitForTimeout(SETTLE_MS);
        all.get(name)?.push(drawn(await framesOf(page, ROUND_MS), empty));
        await page.close();
      }
    }
  } finally {
    await calls.stop();
    await context.close();
    await floor.close();
  }
  return PAGES.map(({ name }) => ({ page: name, rounds: all.get(name) ?? [] }));
}

/** A bridge that cannot keep up is not buried in calls. */
const MOST_AT_A_TIME = 64;
const TICK_MS = 10;

/** So many calls a second, spread evenly, until it is stopped. Throws what went wrong then. */
function callSteadily({ url }: Stage, rate: number): { stop(): Promise<void> } {
  const client = new RawClient(url, "modern");
  const running = new Set<Promise<void>>();
  const from = performance.now();
  let begun = 0;
  let failure: unknown;
  async function call(number: number): Promise<void> {
    const text = `event ${number}`;
    const body = await client.call("echo__echo", { text });
    if (!body.includes(text)) throw new Error(`A wrong answer: ${body.slice(0, 300)}`);
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - from) * rate) / 1_000;
    for (; begun < due; begun += 1) {
      if (running.size >= MOST_AT_A_TIME) {
        begun = Math.ceil(due);
        return;
      }
      const own = call(begun).catch((error: unknown) => {
        failure ??= error;
      });
      running.add(own);
      void own.finally(() => running.delete(own));
    }
  }, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      client.close();
      if (failure !== undefined) throw failure;
    },
  };
}
