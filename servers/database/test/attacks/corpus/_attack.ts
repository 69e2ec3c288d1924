/** Statements that a reader must not be able to run; sent one call after the other. */
export interface Attack {
  readonly calls: readonly string[];
  /**
   * How it shows that it works where nothing stops it: `change`: something outside its answer is another
   * than before, during it or after it; `leak`: the answer holds what nobody may read; `act`: the server
   * says that it did it, where what it did cannot be seen without disturbing others on the same server.
   */
  readonly proof: "change" | "leak" | "act";
}

const of =
  (proof: Attack["proof"]) =>
  (...all: readonly (string | readonly string[])[]): Attack[] =>
    all.map((calls) => ({ calls: typeof calls === "string" ? [calls] : calls, proof }));

export const changes = of("change");
export const leaks = of("leak");
export const acts = of("act");
