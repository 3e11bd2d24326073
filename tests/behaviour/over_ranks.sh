#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# over_ranks.sh PROGRAM ranks|lost|spawned: runs it over Open MPI on this machine. It has passed if it says so at its end:
# what mpirun returns after a rank was killed is its own affair.
set -u
# A container's only user is root often; two cores have to do for all ranks; nothing leaves the machine.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl=self,vader,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo
# A container may forbid one process to read another's memory; no other machine is asked, so no ssh is needed.
export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_plm=isolated
export OMPI_MCA_hwloc_base_binding_policy=none PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
command -v mpirun >/dev/null || { echo "skipped: there is no mpirun (Debian: openmpi-bin)"; exit 77; }
case $(mpirun --version 2>&1) in
*"Open MPI"*) ;;
*) echo "skipped: this mpirun is not Open MPI's"; exit 77 ;;
esac
timeout 60 mpirun -n 2 true >/dev/null 2>&1 || { echo "skipped: mpirun cannot run anything here"; exit 77; }
case $2 in
ranks) said=$(timeout 230 mpirun -n 4 "$1" "$2" 2>&1) ;;
lost) said=$(timeout 230 mpirun --enable-recovery -n 3 "$1" "$2" 2>&1) ;;
spawned) said=$(OMPI_MCA_orte_enable_recovery=1 timeout 230 "$1" "$2" 2>&1) ;;
esac
echo "$said"
case $said in
*"all is well"*) exit 0 ;;
*) exit 1 ;;
esac
