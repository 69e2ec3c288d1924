import type { BrowserContext, CDPSession, Page } from "playwright-core";

/** What a page is watched by, from before its first script on. */
const WATCH = `{
  const watched = { frames: [], tasks: [], messages: 0, uncovered: 0, isWatching: false };
  globalThis.watched = watched;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      watched.tasks.push({ at: startTime, ms: duration });
    }
  }).observe({ type: "longtask", buffered: true });

  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => { watched.messages += 1; });
    }
  };

  // Data of the overview: every figure says something, and there is a server.
  const isShown = () => {
    const figures = [...document.querySelectorAll(".figure-value")];
    return figures.length > 0 && figures.every((figure) => figure.textContent !== "") &&
      document.querySelector(".overview-servers tbody tr") !== null;
  };
  const look = new MutationObserver(() => {
    if (!isShown()) return;
    watched.dataAt = performance.now();
    look.disconnect();
  });
  look.observe(document, { subtree: true, childList: true, characterData: true });
}`;

/** Frames from now on; \`speed\` pixels a second are scrolled, down and at the end up again. */
const FRAMES = (ms: number, scroll: Scroll | undefined): string => `new Promise((resolve) => {
  const { watched } = globalThis;
  const { selector, speed, rowPx } = ${JSON.stringify(scroll ?? {})};
  const frame = selector && document.querySelector(selector);
  const frames = [];
  let way = 1;
  let uncovered = 0;
  const messages = watched.messages;
  const from = performance.now();
  let before;
  const isCovered = () => {
    const rows = frame.querySelectorAll("[data-index]");
    if (!rowPx || rows.length === 0) return !rowPx;
    const top = frame.scrollTop;
    const [first, last] = [rows[0], rows[rows.length - 1]].map((row) => Number(row.dataset.index));
    return first * rowPx <= top && (last + 1) * rowPx >= top + frame.clientHeight - 2 * rowPx;
  };
  requestAnimationFrame(function look(now) {
    if (before !== undefined) frames.push(now - before);
    if (frame && before !== undefined) {
      const top = frame.scrollTop;
      frame.scrollTop = top + (way * speed * (now - before)) / 1000;
      if (frame.scrollTop === top) way = -way;
      if (!isCovered()) uncovered += 1;
    }
    before = now;
    if (now - from < ${ms}) return requestAnimationFrame(look);
    // Long tasks are told a moment after they ended.
    setTimeout(() => resolve({
      ms: now - from, frames, uncovered,
      messages: watched.messages - messages,
      tasks: watched.tasks.filter(({ at }) => at >= from && at <= now).map(({ ms }) => ms),
    }), 100);
  });
})`;

/** What is scrolled, and how fast. */
export interface Scroll {
  readonly selector: string;
  /** Pixels a second. */
  readonly speed: number;
  /** How high its rows are, where each says its number. */
  readonly rowPx?: number;
}

/** What was drawn in a while. */
export interface Frames {
  readonly ms: number;
  /** Milliseconds from one picture to the next. */
  readonly frames: readonly number[];
  /** Pictures in which a part of the list was empty. */
  readonly uncovered: number;
  /** That came over WebSockets. */
  readonly messages: number;
  /** Milliseconds of each task that took longer than 50. */
  readonly tasks: readonly number[];
}

/** With what they took of a processor. */
export interface CostedFrames extends Frames {
  /** Milliseconds of the thread on which the page runs. */
  readonly cpuMs: number;
}

export async function watchPages(context: BrowserContext): Promise<void> {
  await context.addInitScript(WATCH);
}

/** What is drawn in the next while, of a page that is looked at. */
export async function framesOf(page: Page, ms: number, scroll?: Scroll): Promise<CostedFrames> {
  await page.bringToFront();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const before = await taskMs(session);
  const frames: Frames = await page.evaluate(FRAMES(ms, scroll));
  const cpuMs = (await taskMs(session)) - before;
  await session.detach();
  return { ...frames, cpuMs };
}

/** Processor time of all tasks so far: other processes that want the processor do not add to it. */
export async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
}

const LOOK_AGAIN_MS = 20;

/** Looks again and again by an expression. Playwright's own way is refused by the policy of the pages. */
export function untilInPage(page: Page, expression: string, limitMs = 30_000): Promise<void> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const look = () => {
      if (${expression}) resolve();
      else if (performance.now() > ${limitMs}) reject(new Error("It did not come to that."));
      else setTimeout(look, ${LOOK_AGAIN_MS});
    };
    look();
  })`);
}

export function perSecond({ frames, ms }: Frames): number {
  return (frames.length * 1_000) / ms;
}

export function longest(values: readonly number[]): number {
  return Math.max(0, ...values);
}
