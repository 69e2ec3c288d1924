import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { aggregate } from "./aggregate.ts";
import { formatDay, parseDay, readDay, startOf } from "./days.ts";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  divideDecimal,
  formatDecimal,
  parseDecimal,
} from "./decimal.ts";
import { occupancy } from "./occupancy.ts";
import { STATUSES, toReservation } from "./reservation.ts";

/** ROUNDS of each. */
const random = seededRandom();
const rounds = random.rounds(1) * 200;

describe("decimals", () => {
  test("are exact, whatever their length", () => {
    for (let round = 0; round < rounds; round += 1) {
      const [a, b] = [bigDecimal(), bigDecimal()];
      expect(parseDecimal(formatDecimal(a))).toEqual(a);
      const sum = addDecimals(a, b);
      expect(sum.digits - scaled(b, sum.scale)).toBe(scaled(a, sum.scale));
      expect(Math.sign(compareDecimals(a, b))).toBe(-Math.sign(compareDecimals(b, a)));
      const divisor = BigInt(1 + random.below(1_000)) * random.pick([1n, -1n]);
      const scale = random.below(8);
      const quotient = divideDecimal(a, divisor, scale);
      // Twice the error is at most one unit of the last digit.
      const most = Math.max(a.scale, scale);
      const error = scaled(quotient, most) * divisor - scaled(a, most);
      const unit = (divisor < 0n ? -divisor : divisor) * 10n ** BigInt(most - scale);
      expect((error < 0n ? -error : error) * 2n <= unit).toBe(true);
    }
  });

  test.for([
    ["0.10", "0.10"],
    ["-.5", "-0.5"],
    ["1e3", "1000"],
    ["1.5e-3", "0.0015"],
    [1e21, "1000000000000000000000"],
    ["  7 ", "7"],
  ] as const)("%s is %s", ([text, formatted]) => {
    expect(formatDecimal(parseDecimal(text) as Decimal)).toBe(formatted);
  });

  test.for(["", ".", "-", "1e9999", "0x1", "NaN", "Infinity", "1 2", true, null, Number.NaN])(
    "%j is none",
    (value) => expect(parseDecimal(value)).toBeUndefined(),
  );
});

describe("figures by key", () => {
  test("are those of sums over cents", () => {
    for (let round = 0; round < rounds / 4; round += 1) {
      const rows = Array.from({ length: random.below(30) }, () => ({
        key: random.pick(["a", "b", null]),
        cents: random.below(100_000) - 50_000,
      }));
      const given = rows.map(({ key, cents }) => ({
        key,
        amount: cents % 7 === 0 ? null : formatDecimal({ digits: BigInt(cents), scale: 2 }),
      }));
      const results = aggregate(given, {
        by: ["key"],
        figures: [
          { function: "count" },
          { function: "count", field: "amount", as: "filled" },
          { function: "sum", field: "amount" },
          { function: "min", field: "amount" },
          { function: "max", field: "amount" },
        ],
      });
      for (const { key, ...figures } of results) {
        const own = rows.filter((row) => row.key === key);
        const cents = own.map((row) => row.cents).filter((each) => each % 7 !== 0);
        const text = (value: number) => formatDecimal({ digits: BigInt(value), scale: 2 });
        expect(figures).toEqual({
          count: own.length,
          filled: cents.length,
          sum_amount: cents.length === 0 ? null : text(cents.reduce((a, b) => a + b)),
          min_amount: cents.length === 0 ? null : text(Math.min(...cents)),
          max_amount: cents.length === 0 ? null : text(Math.max(...cents)),
        });
      }
      expect(results.reduce((sum, { count }) => sum + Number(count), 0)).toBe(rows.length);
    }
  });

  test("averages are exact up to six digits, days and texts have a least and a greatest", () => {
    const rows = [{ n: 1, day: "2026-06-10" }, { n: 1, day: "2026-06-09" }, { n: "0.0000001" }];
    expect(
      aggregate(rows, {
        figures: [
          { function: "avg", field: "n" },
          { function: "min", field: "day" },
          { function: "max", field: "day" },
        ],
      }),
    ).toEqual([{ avg_n: "0.6666667", min_day: "2026-06-09", max_day: "2026-06-10" }]);
    expect(aggregate([], { figures: [{ function: "count" }] })).toEqual([{ count: 0 }]);
    expect(aggregate([], { by: ["x"], figures: [{ function: "count" }] })).toEqual([]);
  });

  test("what is no number is named, and so is what can not be told apart", () => {
    const sum = { function: "sum", field: "n" } as const;
    expect(() => aggregate([{ n: "x" }], { figures: [sum] })).toThrow('n: "x" is no number');
    expect(() => aggregate([], { figures: [sum, sum] })).toThrow('called "sum_n"');
    expect(() => aggregate([], { figures: [{ function: "avg" }] })).toThrow("avg needs a field");
  });
});

describe("occupancy", () => {
  const first = readDay("2027-12-20", "from");

  test("is what counting night by night would give, in every period", () => {
    for (let round = 0; round < rounds / 4; round += 1) {
      const length = 1 + random.below(120);
      const units = 1 + random.below(3);
      const stays = Array.from({ length: random.below(20) }, (_, id) => {
        const arrival = first - 30 + random.below(length + 60);
        return toReservation({
          id,
          check_in: formatDay(arrival),
          check_out: formatDay(arrival + 1 + random.below(20)),
          status: random.pick(STATUSES),
        });
      });
      const range = { from: formatDay(first), to: formatDay(first + length), units };
      const taken = Array.from({ length }, (_, at) => {
        const day = formatDay(first + at);
        return stays.filter(
          ({ checkIn, checkOut, status }) =>
            checkIn <= day && day < checkOut && status !== "cancelled" && status !== "no_show",
        ).length;
      });
      const days = occupancy(stays, range);
      expect(days.map(({ occupied }) => occupied)).toEqual(taken);
      for (const period of ["week", "month", "year"] as const) {
        const periods = occupancy(stays, { ...range, period });
        for (const key of [
          "available",
          "occupied",
          "overbooked",
          "arrivals",
          "departures",
        ] as const)
          expect(total(periods, key)).toBe(total(days, key));
        periods.forEach(({ start, end }, at) => {
          expect(start).toBe(periods[at - 1]?.end ?? range.from);
          const isFirst = at === 0 || startOf(period, readDay(start, "")) === readDay(start, "");
          expect(isFirst && end > start).toBe(true);
        });
      }
    }
  });

  test("takes the night of arrival and leaves the one of departure", () => {
    const stay = toReservation({ id: 1, check_in: "2028-02-28", check_out: "2028-03-01" });
    const range = { from: "2028-02-27", to: "2028-03-02" };
    expect(occupancy([stay], range).map((it) => [it.start, it.occupied, it.rate])).toEqual([
      ["2028-02-27", 0, "0.0000"],
      ["2028-02-28", 1, "1.0000"],
      ["2028-02-29", 1, "1.0000"],
      ["2028-03-01", 0, "0.0000"],
    ]);
    expect(occupancy([stay, stay, stay], { ...range, units: 2, period: "month" })).toEqual([
      {
        start: "2028-02-27",
        end: "2028-03-01",
        available: 6,
        occupied: 6,
        overbooked: 2,
        rate: "0.6667",
        arrivals: 3,
        departures: 0,
      },
      expect.objectContaining({ start: "2028-03-01", end: "2028-03-02", departures: 3 }),
    ]);
  });

  test("weeks begin on Monday, years on New Year's Day, also before 1970 and 100", () => {
    expect(formatDay(startOf("week", readDay("2026-11-22", "")))).toBe("2026-11-16");
    expect(formatDay(startOf("week", readDay("1969-12-31", "")))).toBe("1969-12-29");
    expect(formatDay(startOf("year", readDay("0099-06-01", "")))).toBe("0099-01-01");
    expect(parseDay("2026-02-29")).toBeUndefined();
  });

  test.for([
    [{ from: "2026-01-01", to: "2026-01-01" }, "to: must be after from"],
    [{ from: "2026-01-01", to: "2126-01-01" }, "at most 3660 days"],
    [{ from: "soon", to: "2026-01-01" }, 'from: "soon" is no day'],
    [{ from: "2026-01-01", to: "2026-01-02", units: 0 }, "units: must be"],
  ] as const)("of %j is refused", ([range, message]) => {
    expect(() => occupancy([], range)).toThrow(message);
  });
});

function total<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

function bigDecimal(): Decimal {
  const digits = BigInt(
    random.pick(["", "-"]) +
      String(1 + random.below(9)) +
      String(random.below(1e9)).repeat(random.below(4)),
  );
  return { digits, scale: random.below(12) };
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}
