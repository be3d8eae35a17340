# SPDX-License-Identifier: Apache-2.0
# Two plots of DIR/size.tsv:  gnuplot -e "dir='DIR'" plot.gp
set terminal svg size 640,400 font "sans-serif,14" background "white"
set datafile separator "\t"
set key left top
set grid
set xlabel "bundle, MB"
set logscale xy
set yrange [*:*]
data = dir."/size.tsv"

set output dir."/time.svg"
set title "json: time from exec to exit"
set ylabel "seconds"
plot data using 1:3 skip 1 with linespoints lw 2 pt 7 title "Go program", \
     data using 1:4 skip 1 with linespoints lw 2 pt 7 title "tar, gzip, base64", \
     data using 1:2 skip 1 with linespoints lw 2 pt 7 title "unpack"

set output dir."/memory.svg"
set title "json: peak memory of the largest process"
set ylabel "MiB"
plot data using 1:6 skip 1 with linespoints lw 2 pt 7 title "Go program", \
     data using 1:7 skip 1 with linespoints lw 2 pt 7 title "tar, gzip, base64", \
     data using 1:5 skip 1 with linespoints lw 2 pt 7 title "unpack"
