 GALAHAD rampages onwards 
