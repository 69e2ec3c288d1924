/** So many records of one millisecond have a place of their own; what is more goes into the next one. */
const PLACES = 2_048;

/** Records stand in the order of their time: their number begins with it. At most 2^53 until the year 2109. */
export const firstPlace = (at: number): number => at * PLACES;

export interface Places {
  /** The next free number at that time or soon after it. */
  take(at: number): Promise<number>;
}

/** `last` tells the highest number taken from `from` up to, but not including `to`. */
export function createPlaces(
  last: (from: number, to: number) => number | undefined | Promise<number | undefined>,
): Places {
  const free = new Map<number, number>();
  const roomAt = new Map<number, number>();
  return {
    async take(at) {
      for (let time = roomAt.get(at) ?? at; ; time += 1) {
        const end = firstPlace(time + 1);
        let place = free.get(time);
        if (place === undefined) {
          const taken = await last(firstPlace(time), end);
          place = taken === undefined ? firstPlace(time) : taken + 1;
        }
        free.set(time, place + 1);
        if (place >= end) continue;
        roomAt.set(at, time);
        return place;
      }
    },
  };
}
