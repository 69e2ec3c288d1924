import { grown } from "./growing.ts";
import { flatRarityOf } from "./question.ts";
import { TRIGRAMS } from "./trigrams.ts";

/** Memory that searches use one after the other: making it anew would take longer than most of them. */
export class Workspace {
  /** Of each trigram: how often the question has it, and the document that is being compared. */
  readonly wanted: Float32Array<ArrayBuffer> = new Float32Array(TRIGRAMS);
  readonly found: Float32Array<ArrayBuffer> = new Float32Array(TRIGRAMS);
  #places: Uint16Array<ArrayBuffer> = new Uint16Array(128);
  #rough: Float32Array<ArrayBuffer> = new Float32Array(128);
  #rarities: Float64Array<ArrayBuffer> = new Float64Array(128);
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

  /** How rare a term is by its frequency among so many documents: each worked out once. */
  rarities(size: number): (frequency: number) => number {
    if (this.#size !== size) {
      this.#rarities = grown(this.#rarities, size + 1);
      this.#rarities.fill(0);
      this.#size = size;
    }
    const known = this.#rarities;
    return (frequency) => {
      const rarity = known[frequency] as number;
      if (rarity !== 0) return rarity;
      const made = flatRarityOf(frequency, size);
      known[frequency] = made;
      return made;
    };
  }
}
