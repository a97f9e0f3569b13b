import { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { expect } from "chai";
import Koa from "koa";
import { leaveUnread, SheddableRequest } from "../../../../apps/inference/http/sheddable.ts";

describe("a request whose body is left unread", () => {
  it("has the same hidden class as one with a body that is read, so that rejections do not deoptimize code", () => {
    setFlagsFromString("--allow-natives-syntax");
    const sameKind = new Function("one", "other", "return %HaveSameMap(one, other)");
    const [read, unread] = [new SheddableRequest(new Socket()), new SheddableRequest(new Socket())];
    read.url = "/predict";
    // The fields that Koa and reading a body set on a request.
    expect(new Koa().createContext(read, new ServerResponse(read)).path).to.equal("/predict");
    read.on("data", () => {}).on("end", () => {});
    leaveUnread(unread);
    expect(sameKind(read, unread)).to.equal(true);
    // A control: adding a field changes the hidden class.
    expect(sameKind(read, Object.assign(unread, { more: 1 }))).to.equal(false);
  });

  it("keeps no part of its body in memory", () => {
    const request = new SheddableRequest(new Socket());
    leaveUnread(request);
    expect(request.push(Buffer.alloc(1_000_000))).to.equal(true);
    expect(request.readableLength).to.equal(0);
  });
});
