import { defaults } from "../../../components/defaults/defaults.ts";
import { milliUnits } from "../../../components/kubernetes/quantity.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";

type Model = ResolvedStack["models"][number];
type Version = Model["versions"][number];

/** The server of one version: an own image has what the project's server would have, and no settings of that server. */
export function checkServer(version: Version, path: string): ConfigProblem[] {
  return [
    ...(version.image === undefined ? projectServerProblems(version, path) : ownServerProblems(version, path)),
    ...portProblems(version, path),
    ...sharedMemoryProblems(version, path),
  ];
}

function projectServerProblems({ command, args, container, modelsPath }: Version, path: string): ConfigProblem[] {
  const ports = { port: container.port, metricsPort: container.metricsPort };
  const unprivileged = Object.entries(ports).filter(([, port]) => port !== false && port < 1024);
  return [
    ...Object.entries({ command, args }).flatMap(([setting, value]) =>
      value === undefined
        ? []
        : [
            {
              path: `${path}.${setting}`,
              message: "is not for the project's own server; give an image, or leave it out",
            },
          ],
    ),
    ...unprivileged.map(([setting]) => ({
      path: `${path}.container.${setting}`,
      message: "must be a port from 1024 to 65535, since the container runs without privileges",
    })),
    ...(container.metricsPort === false
      ? [{ path: `${path}.container.metricsPort`, message: "is not for the project's own server, which has metrics" }]
      : []),
    ...(container.metricsPort === container.port
      ? [
          {
            path: `${path}.container.metricsPort`,
            message: "is the port that the server listens on; choose another one",
          },
        ]
      : []),
    ...(container.metricsPath === defaults.metricsPath
      ? []
      : [
          {
            path: `${path}.container.metricsPath`,
            message: `is not for the project's own server, which has its metrics at ${defaults.metricsPath}`,
          },
        ]),
    ...(modelsPath === false
      ? [{ path: `${path}.modelsPath`, message: "is not for the project's own server, which reads its models there" }]
      : []),
  ];
}

function ownServerProblems({ rollout, autoscaling }: Version, path: string): ConfigProblem[] {
  return [
    ...(rollout.drainSeconds === 0
      ? []
      : [
          {
            path: `${path}.rollout.drainSeconds`,
            message: "is read by the project's own server only; set preStopSeconds, during which any server answers",
          },
        ]),
    ...(autoscaling?.queueDepth === undefined
      ? []
      : [
          {
            path: `${path}.autoscaling.queueDepth`,
            message: `is a metric of the project's own server; name the image's own under ${autoscaling.keda === undefined ? "metrics" : "keda.triggers"}`,
          },
        ]),
  ];
}

/** A container's ports differ, and so do those of each Service. */
function portProblems({ container, service, additionalServices }: Version, path: string): ConfigProblem[] {
  const { port, metricsPort, ports } = container;
  const taken = new Map<number, string>([[port, "port"]]);
  if (metricsPort !== false && metricsPort !== port) taken.set(metricsPort, "metricsPort");
  const inContainer = Object.entries(ports).flatMap(([name, number]) => {
    const other = taken.get(number);
    taken.set(number, `ports.${name}`);
    if (other === undefined) return [];
    return [{ path: `${path}.container.ports.${name}`, message: `is ${path}.container.${other}; choose another port` }];
  });
  const services = [
    { place: `${path}.service`, service },
    ...additionalServices.map((more, index) => ({ place: `${path}.additionalServices[${index}]`, service: more })),
  ];
  return [
    ...inContainer,
    ...services.flatMap(({ place, service: { port: own, metricsPort: metrics } }) => [
      ...(metrics === own
        ? [
            {
              path: `${place}.metricsPort`,
              message: `is the port of the Service, ${own}; give another one, or false for none`,
            },
          ]
        : []),
      ...Object.entries(ports)
        .filter(([, number]) => number === own || number === metrics)
        .map(([name, number]) => ({
          path: `${path}.container.ports.${name}`,
          message: `is ${number}, which ${place} has already; choose another port there`,
        })),
    ]),
  ];
}

function sharedMemoryProblems({ sharedMemory, resources }: Version, path: string): ConfigProblem[] {
  const limit = resources.limits?.["memory"];
  if (sharedMemory === undefined || limit === undefined || milliUnits(sharedMemory) <= milliUnits(limit)) return [];
  const message = `is above ${path}.resources.limits.memory, ${limit}, of which it is a part; lower it, or raise the limit`;
  return [{ path: `${path}.sharedMemory`, message }];
}

/** The counters of the project's server decide on a rollout; other servers have others. */
export function checkOwnImageRollout({ rollout, versions }: Model, path: string): ConfigProblem[] {
  if (rollout === undefined || rollout.evidence === "gateway") return [];
  const own = versions.find(({ image }) => image !== undefined);
  if (own === undefined) return [];
  const message = `is ${rollout.evidence}, but version "${own.version}" has an image of its own, whose counters are not known; use gateway`;
  return [{ path: `${path}.rollout.evidence`, message }];
}
