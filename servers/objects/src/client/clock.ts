/** Time as the client needs it: the shape of every clock of this project, in browsers and workers too. */
export interface ClientClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `work` once after `ms`. Returns the function that cancels it. */
  after(ms: number, work: () => void): () => void;
}

/** The clock of whatever runtime this is. In Node its timers keep the process alive: somebody waits for them. */
export const runtimeClock: ClientClock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
