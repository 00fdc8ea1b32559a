// A Kubernetes control plane for tests: etcd, kube-apiserver and, by flag, controllers and kube-scheduler, on loopback.
//
// It prints the path of a kubeconfig once it is ready, and ends when its standard input does: a test run that is killed
// leaves nothing behind. Started again on the same folder and port it is the same cluster, after an outage.
package main

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/util/cert"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: admin, user: {token: %s}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
`

func main() {
	// Each component sets feature gates and signal handlers of its whole process: each gets one, of this same program.
	switch filepath.Base(os.Args[0]) {
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	}
	data := flag.String("data", "cluster", "folder of the cluster; made when there is none")
	port := flag.Int("port", 0, "of the API server; 0 takes a free one")
	withControllers := flag.Bool("controllers", false, "run the deployment, replicaset, namespace and garbage-collector controllers")
	withScheduler := flag.Bool("scheduler", false, "run kube-scheduler")
	flag.Parse()
	must(os.MkdirAll(*data, 0o700))
	*port = cmp.Or(*port, free())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	token, certificate, key := secrets(*data)
	start("kube-apiserver", "--etcd-servers="+etcd(*data), fmt.Sprintf("--secure-port=%d", *port),
		"--bind-address=127.0.0.1", "--endpoint-reconciler-type=none", "--tls-cert-file="+certificate, "--tls-private-key-file="+key, "--token-auth-file="+token,
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+key,
		"--service-account-signing-key-file="+key, "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC",
		"--disable-admission-plugins=ServiceAccount", "--allow-privileged", "--shutdown-delay-duration=0s", "--v=0")
	address := fmt.Sprintf("https://127.0.0.1:%d", *port)
	ready(address)
	authority, err := os.ReadFile(certificate)
	must(err)
	secret, err := os.ReadFile(token)
	must(err)
	config, bearer := filepath.Join(*data, "kubeconfig.yaml"), strings.SplitN(string(secret), ",", 2)[0]
	text := fmt.Sprintf(kubeconfig, address, base64.StdEncoding.EncodeToString(authority), bearer)
	must(os.WriteFile(config, []byte(text), 0o600))
	common := []string{"--kubeconfig=" + config, "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=1000", "--kube-api-burst=2000", "--v=0"}
	if *withControllers {
		start("kube-controller-manager", append(common, "--min-resync-period=1h", "--concurrent-gc-syncs=5",
			"--controllers=deployment-controller,replicaset-controller,namespace-controller,garbage-collector-controller")...)
	}
	if *withScheduler {
		start("kube-scheduler", common...)
	}
	fmt.Println(config)
	select {}
}

// start runs this program as one of its components, which dies with it; without the component the cluster ends too.
func start(name string, args ...string) {
	program, err := os.Executable()
	must(err)
	command := exec.Command(program, args...)
	command.Args[0] = name
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(command.Start())
	go func() { must(fmt.Errorf("%s ended: %w", name, command.Wait())) }()
}

// etcd starts inside this process and says where. Data that a power cut could lose is fine for tests: no fsync.
func etcd(data string) string {
	config := embed.NewConfig()
	config.Dir, config.LogLevel, config.UnsafeNoFsync = filepath.Join(data, "etcd"), "error", true
	client, peer := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", free())}, url.URL{Scheme: "unix", Host: "peer:0"}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	_, err := embed.StartEtcd(config)
	must(err)
	return client.String()
}

// secrets are the administrator's token, and a certificate whose key signs for service accounts too; the folder keeps them.
func secrets(data string) (token, certificate, key string) {
	token, certificate, key = filepath.Join(data, "tokens.csv"), filepath.Join(data, "server.crt"), filepath.Join(data, "server.key")
	if _, err := os.Stat(token); err != nil {
		chain, private, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
		must(err)
		must(os.WriteFile(certificate, chain, 0o600))
		must(os.WriteFile(key, private, 0o600))
		must(os.WriteFile(token, []byte(rand.Text()+",admin,admin,system:masters\n"), 0o600))
	}
	return token, certificate, key
}

// ready waits for the API server.
func ready(address string) {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for answer, err := client.Get(address + "/readyz"); err != nil || answer.StatusCode != http.StatusOK; {
		time.Sleep(50 * time.Millisecond)
		answer, err = client.Get(address + "/readyz")
	}
}

func free() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
