import { PolicyPack } from "@pulumi/policy";
import { Config } from "@pulumi/pulumi";
import { policies } from "./policies.ts";

new PolicyPack("ml-platform", { policies: policies(new Config().get("environment")), enforcementLevel: "mandatory" });
