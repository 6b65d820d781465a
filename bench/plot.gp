# SPDX-License-Identifier: MIT
# gnuplot -e "data='bench.data'; out='bench.svg'" plot.gp
set terminal svg size 900,520 font "sans,12" background "white"
set output out
set title "Datagrams delivered per second over loopback, medians"
set style data histograms
set style fill solid 0.85 border -1
set style histogram clustered gap 2
set logscale y
set format y "%.0s %c"
set ylabel "datagrams per second"
set xlabel "payload, bytes"
set grid y
set key outside right top vertical
stats data skip 1 nooutput
columns = STATS_columns
plot for [i=2:columns] data using i:xtic(1) title columnheader(i)
