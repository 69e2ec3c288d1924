/** What is known when a forecast is made: numbers, and words of which there are a few. */
export type Traits = Readonly<Record<string, number | string>>;

/** Turns traits into the columns that a model was fitted on. */
export type ToRow = (traits: Traits) => number[];

/** A word that is rarer than this says nothing yet. */
const LEAST_SEEN = 10;
/** Nothing is farther from the mean than so many standard deviations. */
const FARTHEST = 4;

/** Columns of a spread of about 1: numbers are standardised, frequent words become 0 or 1. */
export function learnColumns(all: readonly Traits[]): ToRow {
  const names = [...new Set(all.flatMap((traits) => Object.keys(traits)))].toSorted();
  const columns = names.flatMap((name) =>
    columnsOf(
      name,
      all.map((traits) => traits[name]),
    ),
  );
  return (traits) => columns.map((column) => column(traits));
}

type Column = (traits: Traits) => number;

function columnsOf(name: string, values: readonly (number | string | undefined)[]): Column[] {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length > 0) {
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
    const deviation = Math.sqrt(variance);
    if (deviation === 0) return [];
    return [
      (traits) => {
        const value = traits[name];
        if (typeof value !== "number") return 0;
        return Math.max(-FARTHEST, Math.min(FARTHEST, (value - mean) / deviation));
      },
    ];
  }
  const words = Map.groupBy(values, (value) => value);
  return [...words]
    .filter(([word, seen]) => word !== undefined && seen.length >= LEAST_SEEN)
    .map(
      ([word]) =>
        (traits: Traits) =>
          traits[name] === word ? 1 : 0,
    );
}
