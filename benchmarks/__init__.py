"""How fast, and with how much memory: data made here, hengtan, and two peers on the same machine in the same run."""
