/** Chance that can be repeated: the same seed gives the same numbers. */

/** As the environment says it, else another one each time. Print it, so that a failure can be seen again. */
export const seed = (): number => Number(process.env["BEDSIDE_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

/** Numbers below what is asked for, by a linear congruential generator (the constants of Numerical Recipes). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(sides: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * sides);
  }
}
