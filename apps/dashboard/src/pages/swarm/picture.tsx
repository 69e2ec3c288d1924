import type { GetSwarm } from "../../api/generated.ts";
import { drawTopology, SIZE } from "./topology.ts";

/** Who reaches whom, and who works. The list of agents says the same in words. */
export function TopologyPicture({ swarm }: { readonly swarm: GetSwarm }) {
  const { spots, lines } = drawTopology(swarm.topology, swarm.members);
  const places = new Map(spots.map((spot) => [spot.id, spot]));
  const members = new Map(swarm.members.map((member) => [member.id, member]));
  return (
    <svg
      className="swarm-picture"
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      role="img"
      aria-label={`${swarm.topology} of ${spots.length} agents`}
    >
      {lines.map(({ from, to }) => {
        const [one, other] = [places.get(from), places.get(to)];
        return (
          one &&
          other && <line key={`${from} ${to}`} x1={one.x} y1={one.y} x2={other.x} y2={other.y} />
        );
      })}
      {spots.map(({ id, name, x, y }) => {
        const member = members.get(id);
        const state = member?.status === "gone" ? "gone" : member?.tasks.length ? "busy" : "idle";
        return (
          <g key={id} data-state={state} transform={`translate(${x} ${y})`}>
            <circle r="20" />
            <text className="swarm-letter" dy="0.35em">
              {name.slice(0, 2).toUpperCase()}
            </text>
            <text className="swarm-name" dy="36">
              {name}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
