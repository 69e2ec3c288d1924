import { grown } from "../packed/growing.ts";
import { flatRarityOf } from "./question.ts";
import { TRIGRAMS } from "./trigrams.ts";

/** Memory that searches use one after the other: making it anew would take longer than most of them. */
export class Workspace {
  /** Of each trigram: how often the question has it, and the document that is being compared. */
  readonly wanted: Float32Array<ArrayBuffer> = new Float32Array(TRIGRAMS);
  readonly found: Float32Array<ArrayBuffer> = new Float32Array(TRIGRAMS);
  /** The trigrams of that document. */
  readonly touched: Uint32Array<ArrayBuffer> = new Uint32Array(TRIGRAMS);
  #places: Uint16Array<ArrayBuffer> = new Uint16Array(128);
  #rough: Float32Array<ArrayBuffer> = new Float32Array(128);
  #rarities: Float64Array<ArrayBuffer> = new Float64Array(128);
  #numbers: Uint32Array<ArrayBuffer> = new Uint32Array(128);
  #size = -1;

  /** A 0 for each of so many terms. Whoever writes others puts the zeros back. */
  places(terms: number): Uint16Array {
    this.#places = grown(this.#places, terms);
    return this.#places;
  }

  /** A 0 for each of so many documents. */
  rough(documents: number): Float32Array {
    if (this.#rough.length < documents) this.#rough = new Float32Array(Math.ceil(documents * 1.2));
    else this.#rough.fill(0);
    return this.#rough;
  }

  /** Room for the numbers of so many documents. */
  numbers(documents: number): Uint32Array {
    this.#numbers = grown(this.#numbers, documents);
    return this.#numbers;
  }

  /** How rare a term is by its frequency among so many documents: each worked out once. */
  rarities(size: number): Rarities {
    if (this.#size !== size) {
      this.#rarities = grown(this.#rarities, size + 1);
      this.#rarities.fill(0);
      this.#size = size;
    }
    const known = this.#rarities;
    return {
      known,
      learn(frequency) {
        known[frequency] = flatRarityOf(frequency, size);
      },
    };
  }
}

/**
 * Read by the thousand for one answer: a function that gives them would make an object of each number.
 */
export interface Rarities {
  /** By frequency; 0 where it was not worked out yet. */
  readonly known: Float64Array;
  learn(frequency: number): void;
}
