import type { Browser, CDPSession, Page } from "playwright-core";
import { newVisitor } from "./browser.ts";
import type { Stage } from "./stage.ts";
import { taskMs, untilInPage } from "./watch.ts";

/** One visit of the overview by a browser that was never there. Times from the start of the navigation, in ms. */
export interface FirstLoad {
  /** Bytes as they came over the wire, heads of answers included. */
  readonly bytes: Readonly<Record<Kind, number>>;
  readonly painted: number;
  /** Figures and servers are there. */
  readonly shown: number;
  /** From then on nothing keeps the page from answering. */
  readonly interactive: number;
  /** Processor time of the page's thread until then. */
  readonly cpuMs: number;
  /** An address of the bridge without a page, in the same browser. */
  readonly floor: number;
}

export type Kind = "page, scripts, styles" | "fonts, pictures" | "data";

/** So long must nothing take longer than 50 ms. */
const QUIET_MS = 500;

export async function loadFirst(browser: Browser, stage: Stage): Promise<FirstLoad> {
  const context = await newVisitor(browser, stage);
  try {
    const empty = await context.newPage();
    await empty.goto(`${stage.site}/healthz`, { waitUntil: "load" });
    const floor: number = await empty.evaluate(LOADED);
    await empty.close();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const bytes = await countBytes(session);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(`${stage.site}/`);
    await untilInPage(page, "globalThis.watched.dataAt !== undefined");
    const times: Times = await interactive(page);
    return { floor, bytes: bytes(), cpuMs: await taskMs(session), ...times };
  } finally {
    await context.close();
  }
}

const LOADED = `performance.getEntriesByType("navigation")[0].loadEventStart`;

type Times = Pick<FirstLoad, "painted" | "shown" | "interactive">;

/** Waits until no long task has begun for a while after the last one since the data were there. */
function interactive(page: Page): Promise<Times> {
  return page.evaluate(`new Promise((resolve) => {
    const { watched } = globalThis;
    const look = () => {
      const ends = watched.tasks.map(({ at, ms }) => at + ms);
      const quietFrom = Math.max(watched.dataAt, ...ends);
      if (performance.now() < quietFrom + ${QUIET_MS}) return setTimeout(look, 50);
      const [paint] = performance.getEntriesByName("first-contentful-paint");
      // A pause before a later long task is one, too.
      let from = watched.dataAt;
      for (const { at, ms } of watched.tasks) {
        if (at + ms > from && at < from + ${QUIET_MS}) from = at + ms;
      }
      resolve({ painted: paint?.startTime ?? 0, shown: watched.dataAt, interactive: from });
    };
    look();
  })`);
}

const KINDS: Readonly<Record<string, Kind>> = {
  Document: "page, scripts, styles",
  Script: "page, scripts, styles",
  Stylesheet: "page, scripts, styles",
  Font: "fonts, pictures",
  Image: "fonts, pictures",
  Other: "fonts, pictures",
};

/** From now on; returns what it came to so far. */
async function countBytes(session: CDPSession): Promise<() => FirstLoad["bytes"]> {
  const kinds = new Map<string, Kind>();
  const bytes = { "page, scripts, styles": 0, "fonts, pictures": 0, data: 0 };
  session.on("Network.responseReceived", ({ requestId, type }) => {
    kinds.set(requestId, KINDS[type] ?? "data");
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    bytes[kinds.get(requestId) ?? "data"] += encodedDataLength;
  });
  await session.send("Network.enable");
  return () => bytes;
}
