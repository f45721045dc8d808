module airfield

go 1.26
