/**
 * The engine has one session. Whoever holds the lease has it alone, from the first message of a piece of
 * work until the session is clean again; the others wait, first come, first served.
 */
export interface Leases {
  /** Resolves when the turn has come; false where it was given up meanwhile. */
  take(holder: object): Promise<boolean>;
  /** Gives the session back, or the place in the line up. */
  release(holder: object): void;
  holder(): object | undefined;
  waiting(): number;
}

export function createLeases(onRest: () => void): Leases {
  const line: { readonly holder: object; readonly grant: (granted: boolean) => void }[] = [];
  let current: object | undefined;

  function next(): void {
    const first = line.shift();
    current = first?.holder;
    if (first) first.grant(true);
    else onRest();
  }

  return {
    take(holder) {
      if (current === holder) return Promise.resolve(true);
      if (!current) {
        current = holder;
        return Promise.resolve(true);
      }
      return new Promise((grant) => line.push({ holder, grant }));
    },
    release(holder) {
      if (current === holder) return next();
      const at = line.findIndex((waiter) => waiter.holder === holder);
      if (at !== -1) line.splice(at, 1)[0]?.grant(false);
    },
    holder: () => current,
    waiting: () => line.length,
  };
}
