import type { Browser } from "playwright-core";
import { newStranger } from "./browser.ts";
import { type CostedFrames, framesOf, longest, perSecond } from "./watch.ts";

/** How a page was drawn for a while, beside an empty one in the same seconds. */
export interface Drawn {
  readonly fps: number;
  readonly floorFps: number;
  readonly longestFrame: number;
  readonly floorLongestFrame: number;
  /** Processor milliseconds of the page's thread. */
  readonly cpuPerFrame: number;
  readonly floorCpuPerFrame: number;
  readonly longestTask: number;
  readonly uncovered: number;
  readonly messagesPerSecond: number;
}

export function drawn(own: CostedFrames, floor: CostedFrames): Drawn {
  return {
    fps: perSecond(own),
    floorFps: perSecond(floor),
    longestFrame: longest(own.frames),
    floorLongestFrame: longest(floor.frames),
    cpuPerFrame: own.cpuMs / own.frames.length,
    floorCpuPerFrame: floor.cpuMs / floor.frames.length,
    longestTask: longest(own.tasks),
    uncovered: own.uncovered,
    messagesPerSecond: (own.messages * 1_000) / own.ms,
  };
}

const EMPTY = `<!doctype html><div id="frame" style="height: 800px; overflow: auto">
  <div style="height: 4000000px"></div></div>`;

/** An empty page, which is scrolled as lists are: what this browser can draw at most. */
export interface Floor {
  frames(ms: number, speed?: number): Promise<CostedFrames>;
  close(): Promise<void>;
}

export async function openFloor(browser: Browser): Promise<Floor> {
  const context = await newStranger(browser);
  const page = await context.newPage();
  await page.setContent(EMPTY);
  return {
    frames: (ms, speed) =>
      framesOf(page, ms, speed === undefined ? undefined : { selector: "#frame", speed }),
    close: () => context.close(),
  };
}
