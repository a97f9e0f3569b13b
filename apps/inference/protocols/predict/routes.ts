import type { Route } from "../../http/router.ts";
import type { Prediction } from "../prediction.ts";
import { formProtocol } from "./protocol.ts";

/** POST /predict for the only model, /models/{model}/predict and /models/{model}/versions/{version}/predict for any. */
export function predict(prediction: Prediction): Route[] {
  const paths = ["/predict", "/models/{model}/predict", "/models/{model}/versions/{version}/predict"];
  return paths.map((path) => prediction.route(path, formProtocol));
}
