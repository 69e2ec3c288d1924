const BAR = 6;
const GAP = 2;
const HEIGHT = 28;

/** A bar for each day; what is seen is said as well. */
export function Sparkline({
  values,
  label,
}: {
  readonly values: readonly number[];
  readonly label: string;
}) {
  const most = Math.max(1, ...values);
  const width = values.length * (BAR + GAP);
  const bars = values.map((value, at) => ({
    key: `day-${at}`,
    x: at * (BAR + GAP),
    height: value === 0 ? 1 : Math.max(3, (value / most) * HEIGHT),
    isEmpty: value === 0,
  }));
  return (
    <svg
      className="tracker-spark"
      role="img"
      aria-label={`${label} (${values.join(", ")})`}
      width={width}
      height={HEIGHT}
    >
      {bars.map(({ key, x, height, isEmpty }) => (
        <rect
          key={key}
          x={x}
          y={HEIGHT - height}
          width={BAR}
          height={height}
          rx={1}
          data-empty={isEmpty || undefined}
        />
      ))}
    </svg>
  );
}
