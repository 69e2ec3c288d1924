import type { Clock } from "@trestle/protocol";

export interface IdleOptions {
  readonly clock: Clock;
  /** How long a connection may be unused, as it stands now; 0 is for ever. */
  readonly limitMs: () => number;
  /** Is something awaited from the server that is no request? */
  readonly isWatched: () => boolean;
  /** Ends the connection. Called only between two requests. */
  readonly stop: () => void;
}

/** Notices that a connection is needed by nobody. Reading lists is no need: they are kept. */
export interface Idle {
  /** A connection was made. */
  connected(): void;
  begin(method: string): void;
  end(method: string): void;
  /** Ends a connection that served nothing but lists, where nothing runs. */
  rest(): void;
  close(): void;
}

/** Looks again at least this often, so that a limit that was changed is followed. */
const LOOK_MS = 10_000;

export function createIdle({ clock, limitMs, isWatched, stop }: IdleOptions): Idle {
  let running = 0;
  /** Of those that run, and of those since the connection was made, what is more than reading lists. */
  let working = 0;
  let worked = false;
  let usedAt = 0;
  let cancel = (): void => {};

  /** One timer that looks, and none that every request would have to move. */
  function look(): void {
    cancel();
    const limit = limitMs();
    const left = running > 0 || isWatched() ? limit : usedAt + limit - clock.now();
    if (limit > 0 && left <= 0) stop();
    else cancel = clock.after(limit > 0 ? Math.min(left, LOOK_MS) : LOOK_MS, look);
  }

  return {
    connected() {
      worked = working > 0;
      usedAt = clock.now();
      look();
    },
    begin(method) {
      running += 1;
      if (isList(method)) return;
      working += 1;
      worked = true;
    },
    end(method) {
      running -= 1;
      if (isList(method)) return;
      working -= 1;
      usedAt = clock.now();
    },
    rest() {
      if (!worked && running === 0 && !isWatched()) stop();
    },
    close: () => cancel(),
  };
}

function isList(method: string): boolean {
  return method.endsWith("/list");
}
