const STEPS = 25;
const CONVERGED = 1e-8;

/** Weights of a logistic regression; the first is the intercept. */
export type Weights = readonly number[];

/**
 * Fits by Newton's method. `shrink` pulls every weight but the intercept to zero, so that few outcomes say little;
 * columns should have a spread of about 1.
 */
export function fitLogistic(
  rows: readonly (readonly number[])[],
  outcomes: readonly number[],
  shrink: number,
): Weights {
  const width = (rows[0]?.length ?? 0) + 1;
  let weights: number[] = new Array<number>(width).fill(0);
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = weights.map((weight, at) => (at === 0 ? 0 : -shrink * weight));
    const curvature = weights.map((_, at) =>
      weights.map((__, other) => (at === other ? (at === 0 ? 1e-9 : shrink) : 0)),
    );
    for (const [index, row] of rows.entries()) {
      const chance = chanceOf(weights, row);
      const surprise = (outcomes[index] ?? 0) - chance;
      const spread = chance * (1 - chance);
      for (let at = 0; at < width; at += 1) {
        const value = at === 0 ? 1 : (row[at - 1] as number);
        gradient[at] = (gradient[at] as number) + surprise * value;
        const line = curvature[at] as number[];
        for (let other = 0; other < width; other += 1) {
          const factor = other === 0 ? 1 : (row[other - 1] as number);
          line[other] = (line[other] as number) + spread * value * factor;
        }
      }
    }
    const change = solve(curvature, gradient);
    weights = weights.map((weight, at) => weight + (change[at] as number));
    if (Math.max(...change.map(Math.abs)) < CONVERGED) break;
  }
  return weights;
}

export function chanceOf(weights: Weights, row: readonly number[]): number {
  let sum = weights[0] as number;
  for (let at = 0; at < row.length; at += 1) {
    sum += (weights[at + 1] as number) * (row[at] as number);
  }
  return 1 / (1 + Math.exp(-sum));
}

/** Gaussian elimination with pivots; the matrix is positive definite. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at] as number]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let at = column + 1; at < size; at += 1) {
      if (Math.abs(rows[at]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = at;
    }
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const line = rows[column] as number[];
    for (let at = 0; at < size; at += 1) {
      if (at === column) continue;
      const other = rows[at] as number[];
      const factor = (other[column] as number) / (line[column] as number);
      for (let each = column; each <= size; each += 1) {
        other[each] = (other[each] as number) - factor * (line[each] as number);
      }
    }
  }
  return rows.map((row, at) => (row[size] as number) / (row[at] as number));
}
