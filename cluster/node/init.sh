#!/bin/bash
# Process 1 of the node's own mount, pid, network, UTS and IPC namespaces. It runs every part of Kubernetes and restarts parts
# that end. When it ends, the kernel kills them all and removes every mount, rule and interface with the namespaces.
# Environment: NODE_DATA (folder on the host), NODE_NAME, NODE_ADDRESS, HOST_ADDRESS, NODE_INTERFACE, PATH with the tools.
set -u
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/node /run/lock /run/sysctl
# A fixed path inside, wherever the state folder is: socket paths have a length limit, and settings stay constant.
mount --bind "$NODE_DATA" /run/node
hostname "$NODE_NAME"

# The kubelet sets these kernel-wide values when it starts. It writes to copies, so that the machine keeps its own values.
for value in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  [ -e "/proc/sys/$value" ] || continue
  copy=/run/sysctl/${value//\//-}
  cat "/proc/sys/$value" >"$copy"
  mount --bind "$copy" "/proc/sys/$value"
done

ip link set lo up
until ip link show "$NODE_INTERFACE" >/dev/null 2>&1; do sleep 0.02; done
ip addr add "$NODE_ADDRESS/30" dev "$NODE_INTERFACE"
ip link set "$NODE_INTERFACE" up
ip route add default via "$HOST_ADDRESS"
echo 1 >/proc/sys/net/ipv4/ip_forward
# Traffic that leaves the node is rejected instead of timing out. This matters for Service addresses before kube-proxy has
# written its rules: CoreDNS would wait half a minute for them.
iptables -A FORWARD -o "$NODE_INTERFACE" -p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset
iptables -A FORWARD -o "$NODE_INTERFACE" -m conntrack --ctstate NEW -j REJECT

pki=/run/node/pki config=/run/node/config logs=/run/node/logs
rm -rf "$logs" && mkdir -p "$logs" /run/node/volumes

# Debian's bash reaps orphans of containers while it waits, which a process 1 must do.
supervise() {
  local name=$1
  shift
  while :; do
    ("$@") >>"$logs/$name.log" 2>&1
    echo "$(date -u +%FT%TZ) $name ended with code $?, starting it again" >>"$logs/$name.log"
    sleep 1
  done &
}
# Waits for a socket, then runs the command.
after() {
  until [ -S "$1" ]; do sleep 0.05; done
  shift
  exec "$@"
}
# Waits until the API server has created its roles, without which the parts would exit, then runs the command.
permitted() {
  until [ -e /run/api-ready ]; do sleep 0.05; done
  exec "$@"
}
# Waits for a port, then runs the command.
answering() {
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do sleep 0.05; done
  shift
  exec "$@"
}

supervise etcd etcd --name "$NODE_NAME" --data-dir /run/node/etcd \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster "$NODE_NAME=http://127.0.0.1:2380" --log-level warn

supervise kube-apiserver answering 2379 kube-apiserver --etcd-servers http://127.0.0.1:2379 \
  --advertise-address "$NODE_ADDRESS" --secure-port 6443 --allow-privileged=true \
  --tls-cert-file $pki/apiserver.crt --tls-private-key-file $pki/apiserver.key --client-ca-file $pki/ca.crt \
  --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --service-cluster-ip-range 10.96.0.0/16 \
  --service-account-issuer https://kubernetes.default.svc.cluster.local \
  --service-account-key-file $pki/service-account.pub --service-account-signing-key-file $pki/service-account.key \
  --kubelet-client-certificate $pki/apiserver-kubelet-client.crt --kubelet-client-key $pki/apiserver-kubelet-client.key \
  --kubelet-preferred-address-types InternalIP --enable-aggregator-routing=true \
  --proxy-client-cert-file $pki/front-proxy-client.crt --proxy-client-key-file $pki/front-proxy-client.key \
  --requestheader-client-ca-file $pki/front-proxy-ca.crt --requestheader-allowed-names front-proxy-client \
  --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group \
  --requestheader-extra-headers-prefix X-Remote-Extra-

until kubectl --kubeconfig $pki/admin.conf get --raw /readyz >/dev/null 2>&1; do sleep 0.1; done && touch /run/api-ready &

supervise kube-controller-manager permitted kube-controller-manager --bind-address 127.0.0.1 --leader-elect=false \
  --kubeconfig $pki/controller-manager.conf --authentication-kubeconfig $pki/controller-manager.conf \
  --authorization-kubeconfig $pki/controller-manager.conf --use-service-account-credentials=true \
  --root-ca-file $pki/ca.crt --service-account-private-key-file $pki/service-account.key \
  --cluster-signing-cert-file $pki/ca.crt --cluster-signing-key-file $pki/ca.key \
  --horizontal-pod-autoscaler-sync-period 5s --horizontal-pod-autoscaler-cpu-initialization-period 30s

supervise kube-scheduler permitted kube-scheduler --bind-address 127.0.0.1 --leader-elect=false \
  --kubeconfig $pki/scheduler.conf --authentication-kubeconfig $pki/scheduler.conf --authorization-kubeconfig $pki/scheduler.conf

supervise containerd containerd --config $config/containerd.toml

supervise kubelet after /run/containerd/containerd.sock kubelet --config $config/kubelet.yaml \
  --kubeconfig $pki/kubelet.conf --hostname-override "$NODE_NAME" --node-ip "$NODE_ADDRESS" \
  --root-dir /run/node/kubelet --cert-dir /run/node/kubelet/pki

supervise kube-proxy permitted kube-proxy --config $config/kube-proxy.yaml --hostname-override "$NODE_NAME"

supervise provisioner permitted provisioner --root /run/node/volumes --node "$NODE_NAME" --kubeconfig $pki/provisioner.conf

while :; do wait; sleep 1; done
