import type { Route } from "../../http/router.ts";
import type { Prediction } from "../prediction.ts";
import { predictProtocol } from "./protocol.ts";

/** POST /predict for the only model, and /models/{model}/predict with or without a version for any. */
export function predict(prediction: Prediction): Route[] {
  const paths = ["/predict", "/models/{model}/predict", "/models/{model}/versions/{version}/predict"];
  return paths.map((path) => prediction.route(path, predictProtocol));
}
