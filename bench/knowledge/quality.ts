import type { SearchChannels } from "@trestle-mcp/r2-knowledge";
import { progress } from "../measure.ts";
import { makeKinds, meet, meetAgain } from "./diagnoses.ts";
import { type Judged, type JudgedQuestion, readGitbugs, readLoghub } from "./fixtures.ts";
import { createRandom, withTypos } from "./random.ts";
import { allRankers, oursWith, type Ranker } from "./rankers.ts";

const DEPTH = 10;
const ROUNDS = 10_000;
const MISSPELT = 0.4;
const KINDS = 300;
/** How often the duplicates are halved anew. */
const HALVES = 10;

/** What one method reached on one set of questions. */
export interface Quality {
  readonly data: string;
  readonly method: string;
  readonly questions: number;
  readonly mrr: number;
  readonly hit1: number;
  readonly hit10: number;
  /** Of ours minus this method: mean difference of reciprocal ranks, and its 95 % interval. */
  readonly ahead?: { readonly mean: number; readonly low: number; readonly high: number };
}

export interface Measured {
  readonly results: readonly Quality[];
  /** Data that is not here, in sentences. */
  readonly skipped: readonly string[];
}

export function measureQuality(seed: number): Measured {
  const results: Quality[] = [];
  const skipped: string[] = [];
  const gitbugs = readGitbugs();
  if (gitbugs === undefined) skipped.push("Duplicates of bugs: skipped, gitbugs is not here.");
  else results.push(...measureGitbugs(gitbugs, seed));
  const loghub = readLoghub(createRandom(seed));
  if (loghub === undefined) skipped.push("Lines of one template: skipped, loghub is not here.");
  else {
    results.push(...compare("lines of one template", loghub, seed));
    results.push(...compare("lines, 40 % of words misspelt", misspell(loghub, seed), seed));
  }
  results.push(...compare("errors met again", metAgain(seed), seed));
  return { results, skipped };
}

/**
 * Weights are chosen on one half of the duplicates and tried on the other, several times with other halves: what is
 * shipped, what was chosen, and every other method, each by its mean over the halves that nothing was chosen on.
 */
function measureGitbugs(judged: Judged, seed: number): Quality[] {
  const { documents, questions } = judged;
  progress("trying weights on halves of the duplicates");
  const withWeights = oursWith(
    documents,
    questions.map(({ question }) => question),
  );
  const tried = weightsToTry().map((weights) => ranksOf(withWeights(weights), questions));
  const rankers = allRankers(documents);
  const methods = rankers.map((ranker) => ({ ranker, ranks: ranksOf(ranker, questions) }));
  for (const { close } of rankers) close?.();
  const parts = Array.from({ length: HALVES }, (_, at) => halves(questions.length, seed + at));
  const chosen = parts.map(([known]) =>
    tried.reduce((best, ranks) => (mrrOf(ranks, known) > mrrOf(best, known) ? ranks : best)),
  );
  const data = `duplicates, held-out halves of ${HALVES} draws`;
  const [shipped] = methods;
  const ahead = (ranks: readonly number[]) =>
    ranks === shipped?.ranks ? {} : aheadOf(shipped?.ranks ?? [], ranks, seed);
  return [
    ...methods.map(({ ranker, ranks }) => overHalves(data, ranker.name, parts, () => ranks)),
    overHalves(data, "ours, weights chosen on the other half", parts, (at) => chosen[at] ?? []),
    ...methods.map(({ ranker, ranks }) => ({
      ...quality("duplicates, all", ranker.name, ranks),
      ...ahead(ranks),
    })),
  ];
}

/** Places of questions, each drawn into the first or the second half. */
function halves(questions: number, seed: number): readonly [number[], number[]] {
  const random = createRandom(seed);
  const drawn: [number[], number[]] = [[], []];
  for (let at = 0; at < questions; at += 1) drawn[random.chance(0.5) ? 0 : 1].push(at);
  return drawn;
}

function mrrOf(ranks: readonly number[], places: readonly number[]): number {
  return mean(places.map((at) => reciprocal(ranks[at] ?? 0)));
}

/** Means over the second halves of all draws. */
function overHalves(
  data: string,
  method: string,
  parts: readonly (readonly [number[], number[]])[],
  ranksAt: (draw: number) => readonly number[],
): Quality {
  const each = parts.map(([, heldOut], draw) =>
    quality(
      data,
      method,
      heldOut.map((at) => ranksAt(draw)[at] ?? 0),
    ),
  );
  const meanOf = (figure: "questions" | "mrr" | "hit1" | "hit10") =>
    mean(each.map((one) => one[figure]));
  const questions = Math.round(meanOf("questions"));
  return {
    data,
    method,
    questions,
    mrr: meanOf("mrr"),
    hit1: meanOf("hit1"),
    hit10: meanOf("hit10"),
  };
}

function weightsToTry(): SearchChannels[] {
  return [1, 2, 3].flatMap((words) =>
    [0.25, 0.5, 1, 2].flatMap((template) =>
      [0.25, 0.5, 1].map((frames) => {
        return { words, likeness: 1, template, frames, fingerprint: 1 };
      }),
    ),
  );
}

function misspell({ documents, questions }: Judged, seed: number): Judged {
  const random = createRandom(seed + 1);
  return {
    documents,
    questions: questions.map((each) => {
      const message = withTypos(each.question.message, MISSPELT, random);
      return { ...each, question: { ...each.question, message } };
    }),
  };
}

/** One error of each kind, and the same once more with other parameters, folders, lines and a stack that is cut. */
function metAgain(seed: number): Judged {
  const random = createRandom(seed + 2);
  const kinds = makeKinds(KINDS, random);
  const documents = kinds.map((kind, at) => {
    const { id, name, message, stack } = meet(kind, at, at, random);
    return { id, name, message, stack };
  });
  const questions = kinds.map((kind, at) => {
    return {
      question: { name: kind.name, ...meetAgain(kind, random) },
      right: new Set([documents[at]?.id ?? ""]),
    };
  });
  return { documents, questions };
}

/** All methods on the same questions, and how far ours is ahead of each. */
function compare(data: string, { documents, questions }: Judged, seed: number): Quality[] {
  progress(`${data}: ${questions.length} questions to ${documents.length} documents`);
  const rankers = allRankers(documents);
  const ranks = rankers.map((ranker) => ranksOf(ranker, questions));
  for (const ranker of rankers) ranker.close?.();
  const [first = []] = ranks;
  return rankers.map(({ name }, at) => {
    const found = quality(data, name, ranks[at] ?? []);
    if (at === 0) return found;
    return { ...found, ...aheadOf(first, ranks[at] ?? [], seed) };
  });
}

/** Of each question the rank of the first right document, from 1; 0 if it is not among the first ten. */
function ranksOf(ranker: Ranker, questions: readonly JudgedQuestion[]): number[] {
  return questions.map(({ question, itself, right }) => {
    const found = ranker.rank(question, DEPTH + 1).filter((id) => id !== itself);
    return found.slice(0, DEPTH).findIndex((id) => right.has(id)) + 1;
  });
}

/** Question by question, by so many draws of them. */
function aheadOf(ours: readonly number[], others: readonly number[], seed: number) {
  const differences = ours.map((rank, at) => reciprocal(rank) - reciprocal(others[at] ?? 0));
  return { ahead: bootstrap(differences, seed) };
}

function quality(data: string, method: string, ranks: readonly number[]): Quality {
  const share = (upTo: number) => mean(ranks.map((rank) => Number(rank > 0 && rank <= upTo)));
  const figures = { mrr: mean(ranks.map(reciprocal)), hit1: share(1), hit10: share(DEPTH) };
  return { data, method, questions: ranks.length, ...figures };
}

/** The questions drawn again and again with replacement: between what the mean lies 95 times of 100. */
function bootstrap(differences: readonly number[], seed: number) {
  const random = createRandom(seed);
  const means = Array.from({ length: ROUNDS }, () =>
    mean(differences.map(() => random.pick(differences))),
  );
  means.sort((a, b) => a - b);
  const at = (share: number) => means[Math.floor(share * (ROUNDS - 1))] ?? 0;
  return { mean: mean(differences), low: at(0.025), high: at(0.975) };
}

function reciprocal(rank: number): number {
  return rank > 0 ? 1 / rank : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
