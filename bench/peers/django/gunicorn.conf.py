"""gunicorn's settings: PEER_SOCKET, PEER_WORKERS and PEER_KIND; with PEER_THREADS above 1 they are of the gthread kind and keep nginx's connections.

PROMETHEUS_MULTIPROC_DIR: an empty directory, where the workers' measurements are put together; the bare kind needs none.
"""

import os

bind = "unix:" + os.environ["PEER_SOCKET"]
workers = int(os.environ["PEER_WORKERS"])
threads = int(os.environ.get("PEER_THREADS", "1"))
worker_class = os.environ.get("PEER_CLASS", "sync")
keepalive = 60
backlog = 512
timeout = 15
umask = 0o007
preload_app = True
accesslog = None
errorlog = "-"
loglevel = "warning"
wsgi_app = "peer.wsgi"
# its heartbeat is a file: in memory
worker_tmp_dir = "/dev/shm"


def post_fork(server, worker):
    """But for the usual kind: what was loaded before the fork stays shared, the collector does not write to it. As Instagram does, and others since."""
    import gc

    if os.environ["PEER_KIND"] != "usual":
        gc.collect()
        gc.freeze()


def child_exit(server, worker):
    """A worker's measurements stay, its gauges do not."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
